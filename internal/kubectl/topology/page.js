'use strict';
(function () {
  const search = document.getElementById('search');
  const count = document.getElementById('count');
  const tip = document.getElementById('tip');
  const boxes = '.map .eni, .map .head';
  const items = Array.from(document.querySelectorAll(boxes), function (element) {
    const node = element.closest('.node');
    const kind = element.classList.contains('head') ? 'node' : element.classList.contains('missing') ? 'missing' : 'ENI';
    return { element: element, node: node, kind: kind, text: textOf(element) + (kind === 'node' || !node ? '' : '\n' + textOf(node.querySelector('.head'))) };
  });
  const nodes = Array.from(document.querySelectorAll('.map .node'));
  let hits = [];
  let next = 0;
  let shown = null;
  let current = null;
  let timer = 0;

  // textOf returns the details of a box, to search in: a field is name:value.
  function textOf(element) {
    return element.getAttribute('aria-label').toLowerCase().replaceAll(': ', ':');
  }

  // apply dims what does not match the search, and counts what does.
  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = new Set();
    hits = [];
    next = 0;
    mark(null);
    for (const item of items) {
      const hit = words.every(function (word) { return item.text.includes(word); });
      if (item.kind !== 'node') {
        item.element.classList.toggle('dim', !hit);
      }
      if (hit) {
        hits.push(item);
        matching.add(item.node);
      }
    }
    for (const node of nodes) {
      node.classList.toggle('dim', !matching.has(node));
    }
    matching.delete(null);
    count.textContent = words.length ? summary(matching.size) : '';
  }

  // summary returns the count of matches.
  function summary(matchingNodes) {
    const parts = [part('ENI', 'ENIs'), part('missing', 'missing')];
    parts.push(matchingNodes + ' of ' + nodes.length + ' nodes');
    return parts.filter(Boolean).join(', ') + (hits.length ? '' : ': no match');
  }

  function part(kind, name) {
    const of = function (list) { return list.filter(function (item) { return item.kind === kind; }).length; };
    const all = of(items);
    return all ? of(hits) + ' of ' + all + ' ' + name : '';
  }

  // keep writes the search term to the address of the page, restore reads it.
  function keep() {
    history.replaceState(null, '', '#' + encodeURIComponent(search.value));
  }

  function restore() {
    try {
      search.value = decodeURIComponent(location.hash.slice(1));
    } catch (_) {
      search.value = location.hash.slice(1);
    }
    apply();
  }

  // show shows the details of a box beside it.
  function show(element) {
    shown = element;
    const list = document.createElement('dl');
    for (const line of element.getAttribute('aria-label').split('\n')) {
      const at = line.indexOf(': ');
      const name = document.createElement('dt');
      const value = document.createElement('dd');
      name.textContent = line.slice(0, at);
      value.textContent = line.slice(at + 2);
      list.append(name, value);
    }
    tip.replaceChildren(list);
    tip.hidden = false;
    place();
  }

  // place moves the details below their box, or above or beside it if the window ends there.
  function place() {
    if (tip.hidden) {
      return;
    }
    const of = shown.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const height = document.documentElement.clientHeight;
    let left = of.left;
    let top = of.bottom + 6;
    if (top + size.height > height && of.top - 6 - size.height >= 0) {
      top = of.top - 6 - size.height;
    } else if (top + size.height > height) {
      top = height - size.height - 4;
      left = of.right + 6 + size.width <= width ? of.right + 6 : of.left - 6 - size.width;
    }
    tip.style.left = Math.max(4, Math.min(left, width - size.width - 4)) + 'px';
    tip.style.top = Math.max(4, top) + 'px';
  }

  // hide hides the details. leave hides them after a moment, in which the pointer can reach them.
  function hide() {
    clearTimeout(timer);
    tip.hidden = true;
  }

  function boxOf(event) {
    return event.target instanceof Element ? event.target.closest(boxes) : null;
  }

  function enter(event) {
    const element = boxOf(event);
    if (element || tip.contains(event.target)) {
      clearTimeout(timer);
    }
    if (element) {
      show(element);
    }
  }

  function leave() {
    clearTimeout(timer);
    timer = setTimeout(hide, 200);
  }

  // follow shows the next match.
  function follow() {
    if (!search.value.trim() || !hits.length) {
      return;
    }
    mark(hits[next % hits.length].element);
    next++;
    current.scrollIntoView({ block: 'center', inline: 'center' });
    show(current);
  }

  // mark marks the current match.
  function mark(element) {
    if (current) {
      current.classList.remove('current');
    }
    current = element;
    if (current) {
      current.classList.add('current');
    }
  }

  search.addEventListener('input', function () { keep(); apply(); });
  search.addEventListener('keydown', function (event) {
    if (event.key === 'Enter') {
      follow();
    }
  });
  document.addEventListener('keydown', function (event) {
    if (event.key === 'Escape') {
      search.value = '';
      keep();
      apply();
      hide();
    }
  });
  document.addEventListener('mouseover', enter);
  document.addEventListener('mouseout', leave);
  document.addEventListener('focusin', enter);
  document.addEventListener('focusout', leave);
  document.addEventListener('scroll', place, { passive: true });
  addEventListener('resize', place);
  addEventListener('hashchange', restore);
  document.getElementById('fit').addEventListener('change', function (event) {
    document.body.classList.toggle('fit', event.target.checked);
  });
  restore();
})();
