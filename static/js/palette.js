// Command palette: moves, searches and acts in one field. Results come while typing, never while the IME composes.
(() => {
  const { $, $$ } = ui;
  const palette = $("#palette");
  if (!palette) return;
  const input = $("[data-palette-input]", palette), found = $("#palette-found");
  let at = 0, waiting, asking = false, converting = false;

  const options = () => $$('[role="option"]', palette).filter((option) => option.checkVisibility());
  const mark = (n) => {
    const shown = options();
    $$('[aria-selected="true"]', palette).forEach((option) => { option.ariaSelected = false; });
    at = shown.length ? (n + shown.length) % shown.length : 0;
    shown.forEach((option, i) => { option.id ||= `option-${i}-${Date.now()}`; option.tabIndex = -1; option.ariaSelected = i === at; });
    if (shown.length) input.setAttribute("aria-activedescendant", shown[at].id);
    else input.removeAttribute("aria-activedescendant");
    shown[at]?.scrollIntoView({ block: "nearest" });
  };
  const narrow = () => {
    const typed = input.value.trim().normalize("NFKC"), needle = typed.replace(/^>/, "").trim().toLowerCase();
    $$("[data-palette-actions] li", palette).forEach((li) => { li.hidden = needle !== "" && !li.textContent.toLowerCase().includes(needle); });
    $$("[data-palette-actions]", palette).forEach((part) => { part.hidden = !$$("li", part).some((li) => !li.hidden); });
    clearTimeout(waiting);
    asking = typed !== "" && !typed.startsWith(">");
    if (asking) waiting = setTimeout(() => input.dispatchEvent(new Event("palette-search")), 120);
    else found.replaceChildren();
    mark(0);
  };
  input.addEventListener("compositionstart", () => { converting = true; });
  input.addEventListener("compositionend", () => { converting = false; narrow(); });
  input.addEventListener("input", () => { if (!converting) narrow(); });
  palette.addEventListener("keydown", (event) => {
    if (ui.composing(event)) return;
    if (event.key === "Escape") { event.preventDefault(); palette.close(); } // a search field would only empty itself
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); mark(at + (event.key === "ArrowDown" ? 1 : -1)); }
    else if (event.key === "Home" || event.key === "End") { if (!input.value) { event.preventDefault(); mark(event.key === "Home" ? 0 : -1); } }
    else if (event.key === "Enter" && event.target === input) {
      // Who is faster than the answer gets the page with all of it, not what happens to stand first.
      if (asking) return;
      const option = options()[at];
      if (option) { event.preventDefault(); option.click(); }
    }
    else if (event.key === "?" && !input.value) { event.preventDefault(); palette.close(); ui.open("shortcuts"); }
  });
  document.addEventListener("htmx:after:swap", () => {
    if (!palette.open) return;
    asking = false;
    // Whoever has gone down the list stays where they are.
    const marked = $('[aria-selected="true"]', palette), shown = options();
    mark(at && shown.includes(marked) ? shown.indexOf(marked) : 0);
  });
  document.addEventListener("htmx:error", () => { asking = false; });
  // "opened" comes at once; the browser's "toggle" comes later, and who types fast would type over the first letter.
  palette.addEventListener("opened", () => { input.select(); mark(0); });
  ui.search = () => ui.open("palette");
  mark(0);
})();
