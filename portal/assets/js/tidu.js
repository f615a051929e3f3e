// Small behaviours that HTML alone does not have. Every page works without them.
(function () {
  "use strict";
  var root = document.documentElement;

  function remembered(key) { try { return localStorage.getItem(key); } catch (e) { return null; } }
  function remember(key, value) { try { localStorage.setItem(key, value); } catch (e) { /* private window */ } }

  if (remembered("nav") === "folded") { root.classList.add("folded"); }

  document.addEventListener("click", function (event) {
    var fold = event.target.closest("[data-fold]");
    if (fold) {
      var folded = root.classList.toggle("folded");
      remember("nav", folded ? "folded" : "open");
      fold.setAttribute("aria-expanded", String(!folded));
    }
    var opener = event.target.closest("[data-nav]");
    if (opener) {
      var open = root.classList.toggle("nav-open");
      opener.setAttribute("aria-expanded", String(open));
    }
    var dialogOpener = event.target.closest("[data-dialog]");
    if (dialogOpener) {
      var dialog = document.getElementById(dialogOpener.dataset.dialog);
      if (dialog && dialog.showModal) { dialog.showModal(); event.preventDefault(); }
    }
    var closer = event.target.closest("[data-close]");
    if (closer) { closer.closest("dialog").close(); }
    var filler = event.target.closest("[data-fill]");
    if (filler) {
      var filled = document.getElementById(filler.dataset.fill);
      if (filled) { filled.value = filler.dataset.value; filled.dispatchEvent(new Event("change", { bubbles: true })); filled.focus(); }
    }
    if (event.target.closest("[data-print]")) { window.print(); }
    document.querySelectorAll("details.menu[open], details.place[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.removeAttribute("open"); }
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open], details.place[open]").forEach(function (menu) {
        menu.removeAttribute("open");
        menu.querySelector("summary").focus();
      });
    }
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) {
      var find = document.getElementById("find");
      if (find) { find.focus(); event.preventDefault(); }
    }
  });

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-submit]")) { event.target.form.requestSubmit ? event.target.form.requestSubmit() : event.target.form.submit(); }
    if (event.target.matches("[data-all]")) {
      document.querySelectorAll(event.target.dataset.all).forEach(function (box) { box.checked = event.target.checked; });
    }
    if (event.target.matches("[data-pick], [data-all]")) {
      var picked = document.querySelectorAll("[data-pick]:checked").length;
      document.querySelectorAll("[data-bulk]").forEach(function (bar) { bar.hidden = picked === 0; });
      document.querySelectorAll("[data-picked]").forEach(function (out) { out.textContent = picked; });
    }
  });

  // One press is one act: the button says it is working until the answer is there.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method === "get" || form.hasAttribute("hx-post") || form.hasAttribute("hx-get")) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 8000);
  });

  document.addEventListener("htmx:responseError", function (event) {
    var region = document.getElementById("toasts");
    if (!region) { return; }
    var toast = document.createElement("div");
    toast.className = "toast";
    toast.textContent = region.dataset.failed + " (" + event.detail.xhr.status + ")";
    region.appendChild(toast);
    setTimeout(function () { toast.remove(); }, 8000);
  });

  document.addEventListener("DOMContentLoaded", function () {
    var summary = document.querySelector("[role=alert][tabindex]");
    if (summary) { summary.focus(); }
  });
})();
