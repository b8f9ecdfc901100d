// Ctrl/⌘+Enter sends, ⌘K searches, Escape closes what is open.
document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key === "Enter") {
    const form = event.target.closest?.("form");
    const button = form?.querySelector("[data-send-keys]") ?? document.querySelector("#sheet [data-send-keys], main [data-send-keys], .aj-dock [data-send-keys]");
    if (button) {
      event.preventDefault();
      button.click();
    }
  } else if (command && event.key.toLowerCase() === "k") {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if (event.key === "Escape") {
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => { menu.open = false; });
  }
});

document.addEventListener("click", (event) => {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
