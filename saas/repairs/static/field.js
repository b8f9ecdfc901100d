// In the field: arriving says where the phone is, if the technician lets it; without it the word alone counts.
const PATIENCE = 3000;

const whereAmI = () => new Promise((resolve) => {
  if (!navigator.geolocation) return resolve(null);
  setTimeout(() => resolve(null), PATIENCE);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => resolve(coords), () => resolve(null), { timeout: PATIENCE, maximumAge: 60000 },
  );
});

function keep(form, name, value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  form.append(field);
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-place]:not([data-placed])");
  if (!form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.dataset.placed = "1";
  const place = await whereAmI();
  if (place) {
    keep(form, "lat", place.latitude);
    keep(form, "lng", place.longitude);
  }
  form.requestSubmit();
}, { capture: true });
