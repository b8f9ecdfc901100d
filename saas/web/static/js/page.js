// Small things that several modules need of the page.

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export const words = () => document.getElementById("words")?.dataset ?? {};

export async function postJson(url, body) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
    credentials: "same-origin",
  });
  if (!answer.ok) throw Object.assign(new Error(`${url}: ${answer.status}`), { status: answer.status });
  return answer.json();
}

export function icon(name) {
  const shown = document.querySelector("svg.aj-icon use")?.getAttribute("href") ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "aj-icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${shown.split("#")[0]}#${name}`);
  svg.append(use);
  return svg;
}
