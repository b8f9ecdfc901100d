// Theme and large type change at once; the form behind remembers them for this device and works without this file.
const root = document.documentElement;

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-display]");
  if (!form || form.dataset.display === "locale") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const name = form.dataset.display;
  const value = form.querySelector("button[name=value]").value;
  const body = new URLSearchParams(new FormData(form));
  body.set("value", value);
  fetch(form.action, { method: "POST", body, redirect: "manual", credentials: "same-origin" })
    .finally(() => location.reload());
  root.dataset[name] = value;
  if (name === "theme") root.dataset.bsTheme = value;
}, { capture: true });
