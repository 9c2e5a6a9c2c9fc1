// 営業定例 on a projector, by keyboard alone: 1–5 chooses, Enter decides and goes on, [ ] turn, Esc ends.
(() => {
  const { root, $, $$ } = ui;
  const typed = new Set(); // fields that a person has written into: a proposal never overwrites them
  const begun = performance.now() - 1000 * Number($("#meeting").dataset.seconds);

  const tick = () => {
    const shown = $("[data-timer]"), passed = Math.floor((performance.now() - begun) / 1000);
    if (!shown) return;
    shown.textContent = `${String(Math.floor(passed / 60)).padStart(2, "0")}:${String(passed % 60).padStart(2, "0")}`;
    shown.parentElement.classList.toggle("is-over", passed > 60 * Number(shown.dataset.limit));
  };
  setInterval(tick, 1000);

  const propose = (radio) => ["title", "owner", "due_on"].forEach((name) => {
    const control = radio.form.elements[name];
    if (control && !typed.has(name)) control.value = radio.dataset[name];
  });
  const choose = (radio) => { radio.checked = true; radio.focus(); if (radio.name === "kind") propose(radio); };
  document.addEventListener("change", ({ target }) => { if (target.matches("[data-decide] [name=kind]")) propose(target); });
  document.addEventListener("input", ({ target }) => { if (target.matches("[data-decide] :is(.input, .select)")) typed.add(target.name); });
  document.addEventListener("htmx:after:swap", () => {
    typed.clear();
    tick();
    $(".agenda-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    $$("#toasts .toast").slice(0, -1).forEach((old) => old.remove()); // the newest decision is the one to take back
  });

  const isLosing = (form) => $("[name=kind][value=lose]", form)?.checked;
  document.addEventListener("keydown", (event) => {
    if (ui.composing(event) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    const { key, target } = event, form = $("[data-decide]");
    const isTyping = target.closest("input:not([type=radio]), textarea, select");
    if (key === "Escape") {
      if (isTyping) return void target.blur();
      if (form && isLosing(form)) return choose($("[name=kind]", form));
      return $("[data-end]")?.requestSubmit();
    }
    if (isTyping) return;
    if (key === "Enter") {
      if (target.closest("a, button")) return;
      event.preventDefault();
      return form ? form.requestSubmit($("#decide-next")) : $("[data-next]")?.click();
    }
    if (!form || !/^[1-9]$/.test(key) || root.dataset.keys === "off") return;
    const losing = isLosing(form), radio = $$(`[name=${losing ? "reason" : "kind"}]`, form)[Number(key) - 1];
    if (!radio) return;
    event.preventDefault();
    choose(radio);
    if (losing) form.requestSubmit($("#decide-next"));
  });
})();
