// Sets light or dark before the first paint, by what was chosen here or else by the system.
(() => {
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("hestia-color-scheme") || "auto";
  } catch {
    // Without storage the system decides.
  }
  const dark =
    chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
