// The front desk's sheet: arrows go to the order above or below, and what somebody types there is never swapped away.
import { unsaved } from "../js/guard.js";

const sheet = document.getElementById("sheet");

document.addEventListener("click", (event) => {
  const arrow = event.target.closest("[data-other]");
  if (!arrow) return;
  const shown = [...document.querySelectorAll(".aj-board-card, tr[data-order]")];
  const at = shown.findIndex((each) => each.getAttribute("aria-selected") === "true");
  const next = shown[at + Number(arrow.dataset.other)];
  next?.scrollIntoView({ block: "nearest" });
  next?.click();
});

// A colleague's change draws the sheet anew, but not while a question is open or something is being typed.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.matches?.("[data-live-sheet]")) return;
  const busy = unsaved(sheet) || sheet.querySelector("form textarea, form select, details[open]");
  if (busy) event.preventDefault();
});
