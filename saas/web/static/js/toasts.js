// Toasts go by themselves; bad news stays until it is clicked away.
import { icon } from "./page.js";

const box = document.getElementById("toasts");

export function toast(text, state = "done") {
  if (!box || !text) return;
  const shown = document.createElement("div");
  shown.className = `aj-toast is-${state}`;
  shown.dataset.toast = "";
  shown.setAttribute("role", state === "alert" ? "alert" : "status");
  const said = document.createElement("div");
  said.className = "aj-toast-text";
  said.textContent = text;
  shown.append(icon(state === "alert" ? "alert-circle" : "circle-check"), said);
  box.append(shown);
}

function retire(shown) {
  shown.addEventListener("click", () => shown.remove());
  if (!shown.classList.contains("is-alert")) setTimeout(() => shown.remove(), 6000);
}

if (box) {
  box.querySelectorAll("[data-toast]").forEach(retire);
  new MutationObserver((changes) => {
    for (const change of changes) change.addedNodes.forEach((node) => node.matches?.("[data-toast]") && retire(node));
  }).observe(box, { childList: true });
}
