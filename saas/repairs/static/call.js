// The call button asks for the number, which leaves a record, and dials at once.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-call]");
  if (!form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
  const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
  const number = shown.querySelector("[data-number]")?.dataset.number;
  if (number) location.href = `tel:${number}`;
  else form.submit();
}, { capture: true });
