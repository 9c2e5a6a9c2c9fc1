// What htmx swaps: refusals keep what was typed, focus stays where it was, ticks and drags show before the answer.
(() => {
  const { body, $, $$, say } = ui;
  const contextOf = (event) => event.detail?.ctx || {};
  const statusOf = (ctx) => ctx.response?.status || 0;
  const SWAPPED = new Set([409, 422]); // answers that carry the same fragment, with the reason in it

  // Refusals and failures never replace the fragment: the words stay, and beside them stands why.
  const refuse = (source, html) => {
    const note = new DOMParser().parseFromString(html, "text/html").querySelector(".note");
    if (!note) return say(body.dataset.failed);
    const form = source?.closest?.("form:not([data-move])");
    if (!form || !form.checkVisibility() || !$("input:not([type=hidden]), textarea, select", form)) return say(note.textContent.trim());
    $$("[data-refusal]", form).forEach((old) => old.remove());
    note.dataset.refusal = "";
    form.prepend(note);
  };
  document.addEventListener("htmx:before:swap", (event) => {
    const ctx = contextOf(event), status = statusOf(ctx);
    if (status < 400 || SWAPPED.has(status)) { remember(ctx); return; }
    event.preventDefault();
    putBack(ctx.sourceElement);
    if (status >= 500) say(body.dataset.failed);
    else refuse(ctx.sourceElement, ctx.text);
  });
  document.addEventListener("htmx:error", (event) => {
    const { sourceElement, request, response } = contextOf(event);
    putBack(sourceElement);
    if (!request || (!response && ui.keepForLater?.(sourceElement))) return;
    if (!sourceElement?.matches?.("textarea")) say(response ? body.dataset.failed : body.dataset.offline); // a hint that did not come is no failure
  });

  // Optimistic: the row looks done at once. A drag remembers where the card came from.
  const rowOf = (element) => element?.closest?.("[data-row], li, tr");
  const origins = new WeakMap();
  function putBack(element) {
    const row = rowOf(element);
    row?.classList.remove("is-pending");
    const origin = origins.get(row);
    if (origin) { origin.list.insertBefore(row, origin.next); origins.delete(row); }
  }
  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement } = contextOf(event);
    if (sourceElement?.closest?.("[data-optimistic]") || (sourceElement instanceof Element && $(".tick", sourceElement))) rowOf(sourceElement)?.classList.add("is-pending");
  });
  document.addEventListener("htmx:after:request", (event) => {
    const ctx = contextOf(event), source = ctx.sourceElement;
    if (!(source instanceof Element)) return;
    if (statusOf(ctx) === 401) ui.keepForLater?.(source); // signed out: it is sent once somebody has signed in again
    if (statusOf(ctx) >= 400) return void putBack(source);
    origins.delete(rowOf(source));
    const form = source.closest("form");
    if (!form || ctx.request?.method === "GET") return;
    if (form === source) ui.forgetDrafts(form); // a field or a button beside it has saved nothing
    if (form.hasAttribute("data-closes")) form.closest("dialog")?.close();
  });

  // A second click while the first is on its way, or while the page is being left, would show the toast of the first to nobody.
  const flying = new WeakSet();
  let leaving = 0;
  document.addEventListener("htmx:before:request", (event) => { const { sourceElement, request } = contextOf(event); if (sourceElement && request?.method !== "GET") flying.add(sourceElement); });
  document.addEventListener("htmx:finally:request", (event) => flying.delete(contextOf(event).sourceElement));
  document.addEventListener("htmx:after:request", (event) => { if (contextOf(event).response?.headers?.get("HX-Redirect")) leaving = Date.now(); });
  addEventListener("pageshow", () => { leaving = 0; });
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || !(flying.has(event.target) || Date.now() - leaving < 3000)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // Board: a card dropped in another column posts the card's own form, with `to`.
  const sortable = () => window.Sortable && $$("[data-sortable]").forEach((column) => {
    if (column.dataset.ready) return;
    column.dataset.ready = "";
    new Sortable(column, {
      group: "board", animation: 120, delay: 180, delayOnTouchOnly: true, draggable: "[data-card]", filter: "button, select, input", preventOnFilter: false,
      onStart: ({ item }) => origins.set(item, { list: item.parentElement, next: item.nextElementSibling }),
      onEnd: ({ item, from, to }) => {
        const form = from === to ? null : $("form[data-move]", item);
        if (!form) { putBack($("*", item)); return; }
        const field = form.elements.to || form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "to" }));
        field.value = to.dataset.sortable;
        form.requestSubmit();
      },
    });
  });

  // Inline edit: .edit swaps in a form; Esc puts the value back, leaving the form saves what was changed.
  const values = new WeakMap();
  let pressed = null;
  const editorOf = (element) => element?.closest?.("form[data-inline], dd form[hx-post], form.fact");
  const restore = (form) => {
    const place = form.parentElement, html = values.get(place);
    if (html === undefined) return void (form.dataset.cancel ? $(form.dataset.cancel) : $('[id$="cancel"], [data-close]', form))?.click();
    values.delete(place);
    place.innerHTML = html;
    window.htmx?.process(place);
    $("button, a", place)?.focus();
  };
  const was = (control) => (control.options ? [...control.options].filter((option) => option.defaultSelected).map((option) => option.value).join() || control.options[0]?.value : control.defaultValue);
  const controls = (form) => $$("input:not([type=hidden]), select, textarea", form);
  const isOwnBusiness = (form) => $(".note, [aria-invalid=true], [type=file], [type=checkbox], [type=radio]", form) || form.closest("dialog");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || ui.composing(event)) return;
    const form = editorOf(event.target), cancel = event.target.closest?.("[data-cancel]");
    if (form && !form.closest("dialog")) { event.preventDefault(); restore(form); }
    else if (cancel) $(cancel.dataset.cancel)?.click();
  });
  document.addEventListener("pointerdown", ({ target }) => { pressed = editorOf(target); });
  document.addEventListener("click", () => { pressed = null; });
  document.addEventListener("focusout", ({ target }) => {
    const form = editorOf(target);
    if (!form || pressed === form || isOwnBusiness(form)) return;
    setTimeout(() => { // after the browser has moved the focus
      if (!form.isConnected || form.contains(document.activeElement) || form.classList.contains("htmx-request")) return;
      if (controls(form).some((control) => control.value !== was(control))) return form.requestSubmit();
      if (!document.hasFocus() || !values.has(form.parentElement)) return;
      const next = document.activeElement;
      restore(form);
      if (next !== body) next.focus();
    });
  });

  // Focus: after a swap it is on the element of the same id, else on the row that took the place, else in the target.
  let place = null;
  function remember(ctx) {
    const source = ctx.sourceElement, rows = $$("[data-nav] > *"), row = source?.closest?.("[data-nav] > *");
    if (source?.matches?.(".edit") && ctx.target) values.set(ctx.target, ctx.target.innerHTML);
    const focused = document.activeElement;
    place = { id: (source?.contains?.(focused) ? focused.id : "") || source?.id, row: row ? rows.indexOf(row) : -1, target: ctx.target, had: focused && focused !== body, inDialog: !!source?.closest?.("dialog") };
  }
  const keepFocus = () => {
    if (!place || !place.had || place.inDialog || (document.activeElement && document.activeElement !== body)) return;
    const rows = $$("[data-nav] > *");
    const again = place.id && document.getElementById(place.id);
    const row = place.row >= 0 && rows.length ? rows[Math.min(place.row, rows.length - 1)] : null;
    const target = place.target?.isConnected ? place.target : place.target?.id && document.getElementById(place.target.id);
    (again || (row && $("a, button", row)) || (target && $("a[href], button, input:not([type=hidden])", target)))?.focus({ preventScroll: true });
  };

  // A list of questions shows the one that is open, and with it the beginning of the question.
  const showCurrent = () => {
    const row = $(".queue:not([data-seen]) > .is-cursor");
    if (!row) return;
    row.parentElement.dataset.seen = "";
    row.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  document.addEventListener("htmx:after:swap", () => {
    ui.refresh();
    sortable();
    const dialog = $("#dialogs dialog:not([open])");
    if (dialog) {
      dialog.addEventListener("close", () => dialog.remove());
      dialog.showModal();
      $("[aria-invalid=true], [autofocus], .dialog-body :is(input:not([type=hidden]), select, textarea):enabled", dialog)?.focus(); // not on the cross
    }
    const editor = $$("form[data-inline], dd form[hx-post], form.fact").find((form) => !("seen" in form.dataset));
    if (editor) {
      editor.dataset.seen = "";
      const control = controls(editor)[0];
      control?.focus();
      control?.select?.();
    }
    ui.focusOnce() || editor || keepFocus();
    ui.showPicked();
    showCurrent();
  });
  sortable();
  showCurrent();
})();
