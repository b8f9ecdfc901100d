// A form with data-guard does not lose what was typed: leaving the page or closing its sheet asks first.
import { ask } from "./confirm.js";
import { words } from "./page.js";

const touched = new Set();

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) touched.add(form);
});
document.addEventListener("submit", (event) => touched.delete(event.target));
document.addEventListener("reset", (event) => touched.delete(event.target));

export const unsaved = (within = document) => [...touched].some((form) => form.isConnected && within.contains(form));

export async function mayLeave(within) {
  if (!unsaved(within)) return true;
  const yes = await ask(words().unsaved, words().leave);
  if (yes) touched.clear();
  return yes;
}

window.addEventListener("beforeunload", (event) => {
  if (unsaved()) event.preventDefault();
});
