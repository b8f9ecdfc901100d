// The front desk's sheet: arrows go to the order above or below, and what somebody types there is never swapped away.
import { unsaved } from "../js/guard.js";

const sheet = document.getElementById("sheet");

document.addEventListener("click", (event) => {
  const arrow = event.target.closest("[data-other]");
  if (!arrow) return;
  const shown = [...document.querySelectorAll(".aj-board-card, tr[data-order]")];
  const at = shown.findIndex((each) => each.hasAttribute("aria-current"));
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

// The board was drawn anew: the order beside it stays marked.
document.addEventListener("htmx:load", () => {
  const open = sheet?.querySelector("[name=selected]")?.value;
  document.querySelectorAll("[data-order]").forEach((each) => {
    if (each.dataset.order === open) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  });
});
