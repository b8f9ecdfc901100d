// Asks before a form with data-confirm is sent, with the words of the act on the button.
const dialog = document.getElementById("confirm");

export function ask(question, yes) {
  if (!dialog?.showModal) return Promise.resolve(window.confirm(question));
  dialog.querySelector("p").textContent = question;
  const accept = dialog.querySelector("[data-yes]");
  accept.textContent = yes || accept.dataset.default;
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.showModal();
    accept.onclick = () => dialog.close("yes");
    dialog.querySelector("[data-no]").onclick = () => dialog.close("no");
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  if (await ask(form.dataset.confirm, form.dataset.confirmYes)) {
    form.dataset.confirmed = "1";
    form.requestSubmit(submitter ?? undefined);
    delete form.dataset.confirmed;
  }
}, { capture: true });

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question).then((yes) => yes && event.detail.issueRequest(true));
});
