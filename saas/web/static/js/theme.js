// Runs before the first paint: an automatic theme follows the device without a flash.
(() => {
  const root = document.documentElement;
  if (root.dataset.theme !== "auto") return;
  const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = theme;
  root.dataset.bsTheme = theme;
})();
