// The side sheet: opened by hx-target="#sheet", closed by button or Escape; the list stays where it is.
import { mayLeave } from "./guard.js";

const sheet = document.getElementById("sheet");
let opener = null;

function unmark() {
  document.querySelectorAll("tr[aria-current], .aj-board-card[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
}

async function close() {
  if (!sheet || !sheet.firstElementChild || !(await mayLeave(sheet))) return;
  const back = sheet.querySelector("[data-close-sheet]")?.dataset.closeSheet;
  sheet.replaceChildren();
  unmark();
  if (back && back !== "true") history.pushState(null, "", back);
  opener?.focus?.();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-sheet]")) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target !== sheet) return;
  opener = event.detail.elt;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== sheet) return;
  const row = opener?.closest("tr, .aj-board-card");
  if (!row || sheet.contains(row)) return;
  unmark();
  row.setAttribute("aria-current", "true");
});
