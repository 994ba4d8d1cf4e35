"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const text = (node) => node ? node.textContent.trim() : "";

  // Sorting: any table whose heads say by what.
  const key = (row, by, column) => {
    if (by === "n") return Number(row.dataset.st);
    if (by === "stance") return Number(row.dataset.order);
    const value = text(row.cells[column].querySelector(".value, q, bdi") || row.cells[column]);
    return by === "p" || by === "number" ? parseFloat(row.cells[column].dataset.value || value) : value.toLocaleLowerCase("en");
  };
  const compare = (a, b) => typeof a === "number" ? (a || 0) - (b || 0) : a.localeCompare(b, "en");
  const sortBy = (table, head) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    const column = head.cellIndex;
    all("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, at) => ({ row, at, key: key(row, head.dataset.sort, column) }));
    rows.sort((a, b) => (down ? -1 : 1) * compare(a.key, b.key) || a.at - b.at);
    rows.forEach(({ row }) => body.append(row));
  };
  all("th[data-sort]").forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sortBy(head.closest("table"), head));
    head.replaceChildren(button);
  });

  // A corpus: finding a holder.
  const find = $("find");
  if (find) {
    const holders = all("#holder-table tbody tr");
    document.querySelector(".controls").hidden = false;
    find.addEventListener("input", () => {
      const wanted = find.value.trim().toLocaleLowerCase("en");
      holders.forEach((row) => { row.hidden = !text(row.cells[0]).toLocaleLowerCase("en").includes(wanted); });
      $("found").textContent = `${holders.filter((row) => !row.hidden).length} of ${holders.length}`;
    });
  }

  const table = $("table");
  if (!table) return;
  const rows = all("tbody > tr[data-st]", table);
  const holderOf = (row) => text(row.querySelector(".holder"));
  const stanceOf = (row) => row.dataset.labels.split(";")[0];

  // Filters: the table and the marks in the text follow.
  const byHolder = $("by-holder"), byStance = $("by-stance");
  const filter = () => {
    const shown = new Set();
    rows.forEach((row) => {
      const fits = (!byHolder.value || holderOf(row) === byHolder.value)
        && (!byStance.value || row.dataset.labels.split(";").includes(byStance.value));
      row.hidden = !fits;
      if (fits) shown.add(row.dataset.st);
    });
    all(".text [data-st]").forEach((mark) => mark.classList.toggle("faded", !shown.has(mark.dataset.st)));
    $("status").textContent = `${shown.size} of ${rows.length} statements`;
    $("nothing").hidden = shown.size > 0;
  };
  const reset = () => { byHolder.value = ""; byStance.value = ""; filter(); };
  byHolder.addEventListener("change", filter);
  byStance.addEventListener("change", filter);
  $("reset").addEventListener("click", reset);
  document.querySelector(".controls").hidden = false;
  all("span.who[data-holder]").forEach((span) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "who";
    button.title = "Show only these statements";
    button.append(...span.childNodes);
    button.addEventListener("click", () => {
      byHolder.value = span.dataset.holder.trim();
      byStance.value = "";
      filter();
      $("statements").scrollIntoView();
      byHolder.focus({ preventScroll: true });
    });
    span.replaceWith(button);
  });

  // Copying.
  const say = (words) => { $("status").textContent = words; };
  const copyByHand = (words) => {
    const area = document.createElement("textarea");
    area.value = words;
    area.className = "sr";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject();
  };
  const copy = (words, done) => {
    const way = navigator.clipboard && window.isSecureContext
      ? navigator.clipboard.writeText(words).catch(() => copyByHand(words)) : copyByHand(words);
    return way.then(() => say(done), () => say("The browser does not allow copying"));
  };
  // A field that a spreadsheet would run as a formula gets an apostrophe before it.
  const field = (value) => {
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const title = text($("title")), date = text($("date"));
  const labels = table.dataset.labels.split(",");
  const cells = (row) => [title, date, holderOf(row), text(row.querySelector(".role")), stanceOf(row),
    row.dataset.labels.split(";").filter((label) => label !== "none").join(";"), row.dataset.kind,
    text(row.querySelector(".words q")), ...row.dataset.p.split(",")];
  const csv = () => {
    const head = ["title", "date", "holder", "role", "stance", "stances", "kind", "text", ...labels.map((label) => `p_${label}`)];
    const body = [...table.tBodies[0].rows].filter((row) => !row.hidden).map(cells);
    return [head, ...body].map((record) => record.map(field).join(",")).join("\r\n") + "\r\n";
  };
  const citation = (row) => {
    const role = text(row.querySelector(".role"));
    const who = holderOf(row) + (role ? ` (${role})` : "");
    return `${who}: “${text(row.querySelector(".words q"))}”, in: “${title}”${date ? `, ${date}` : ""}.`;
  };
  $("copy-csv").addEventListener("click", () => copy(csv(), "Copied as CSV"));
  rows.forEach((row) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cite";
    button.textContent = "Copy citation";
    button.setAttribute("aria-label", `Copy citation of statement ${row.dataset.st}`);
    button.addEventListener("click", () => copy(citation(row), "Copied as a citation"));
    row.querySelector(".tools").append(button);
  });

  // The evidence card: what the row tells under "Why", beside the words.
  const card = document.createElement("div");
  card.id = "card";
  card.tabIndex = 0;
  card.setAttribute("role", "group");
  card.setAttribute("aria-label", "Evidence");
  card.hidden = true;
  $("main").append(card);
  let shownFor = null, timer = 0;
  const rowOf = (mark) => $(`r${mark.dataset.st}`);
  const lit = (number, on) => all(`[data-st="${number}"]`).forEach((node) => node.classList.toggle("lit", on));
  const hide = () => {
    clearTimeout(timer);
    if (shownFor) { lit(shownFor.dataset.st, false); shownFor.removeAttribute("aria-describedby"); }
    shownFor = null;
    card.hidden = true;
  };
  const fill = (row) => {
    const head = document.createElement("h3");
    head.textContent = holderOf(row);
    const stance = document.createElement("p");
    stance.append(...[...row.querySelector(".stance").cloneNode(true).childNodes], ` ${text(row.querySelector(".p .value"))}`);
    card.replaceChildren(head, stance);
    const told = row.querySelector(".why");
    if (!told) return;
    const why = told.cloneNode(true);
    why.removeAttribute("id");
    card.append(why);
  };
  const place = (mark) => {
    const box = mark.getClientRects()[0] || mark.getBoundingClientRect();
    const last = [...mark.getClientRects()].pop() || box;
    card.style.maxHeight = "";
    const { offsetWidth: width, offsetHeight: height } = card;
    // On the side where it fits, else on the one with more room, scrolling inside.
    const below = innerHeight - last.bottom - 16, above = box.top - 16;
    const down = height <= below || (below >= above && height > above);
    const tall = Math.min(height, Math.max(160, down ? below : above));
    card.style.maxHeight = `${tall}px`;
    card.style.left = `${Math.max(8, Math.min(box.left, document.documentElement.clientWidth - width - 8))}px`;
    card.style.top = `${Math.max(8, Math.min(down ? last.bottom + 8 : box.top - tall - 8, innerHeight - tall - 8))}px`;
  };
  const show = (mark) => {
    const row = rowOf(mark);
    if (!row || shownFor === mark) return;
    hide();
    shownFor = mark;
    fill(row);
    card.hidden = false;
    place(mark);
    lit(mark.dataset.st, true);
    if (mark.matches("a")) mark.setAttribute("aria-describedby", "card");
  };
  const later = (what, wait) => { clearTimeout(timer); timer = setTimeout(what, wait); };
  all(".text [data-st]").forEach((mark) => {
    mark.addEventListener("mouseenter", () => later(() => show(mark), 140));
    mark.addEventListener("mouseleave", () => later(hide, 220));
    mark.addEventListener("focus", () => { if (mark.matches(":focus-visible")) show(mark); });
    mark.addEventListener("blur", (event) => { if (event.relatedTarget !== card) hide(); });
    mark.addEventListener("click", hide);
  });
  card.addEventListener("mouseenter", () => clearTimeout(timer));
  card.addEventListener("mouseleave", () => later(hide, 220));
  card.addEventListener("blur", hide);
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // A link to a row that a filter hides shows it again, with its evidence open.
  const follow = () => {
    const row = /^#r\d+$/.test(location.hash) && $(location.hash.slice(1));
    if (!row) return;
    if (row.hidden) { reset(); row.scrollIntoView(); }
    row.querySelector("details").open = true;
  };
  addEventListener("hashchange", follow);
  follow();
})();
