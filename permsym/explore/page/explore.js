// The page: what the sliders ask for goes out over one socket, answers come in and are shown if they are still wanted.
import { lineChart, picture } from "./charts.js";
import { Controls } from "./controls.js";
import { Reproduce, badge, momentsTable, valuesTable } from "./panels.js";

const at = (id) => document.getElementById(id);
const page = { number: 0, model: "", styles: {}, methods: [], answers: {}, curve: {}, spectrum: {}, evolution: {}, preview: null, log: false, compute: false };
const controls = new Controls(at("sliders"), () => ask());
const panels = Object.fromEntries(["values", "curve", "spectrum", "evolution"].map((id) => [id, new Reproduce(at(id), (panel) => socket.send(`save ${panel}`))]));
const CHOSEN = ["quantity", "over", "curve-from", "curve-to", "spectrum-grid", "of", "right", "initial", "times"];
let socket, waiting = false;

function connect() {
  socket = new WebSocket(`ws://${location.host}/socket`);
  socket.onmessage = (event) => take(JSON.parse(event.data));
  socket.onclose = (event) => {
    document.body.dataset.state = "closed";
    at("status").textContent = "not connected";
    const why = { 4403: "the token is missing or wrong; open the address that permsym explore printed", 4429: event.reason }[event.code];
    mistake(why ?? "the server does not answer; start permsym explore again, then open the address that it prints");
  };
}

function mistake(words) {
  at("mistake").textContent = words;
  at("mistake").hidden = !words;
}

// -- questions ---------------------------------------------------------------------------------------------------------

const chosenMethods = () => page.methods.filter((name) => at(`method-${name}`).checked);

function question() {
  return {
    number: page.number,
    model: page.model,
    parameters: controls.texts(),
    methods: chosenMethods(),
    curve: at("over").value ? { over: at("over").value, from: at("curve-from").value, to: at("curve-to").value } : null,
    quantity: at("quantity").value,
    spectrum: at("spectrum-on").checked ? { grid: at("spectrum-grid").value, of: at("of").value, right: at("right").value } : null,
    evolution: at("evolution-on").checked ? { initial: at("initial").value, times: at("times").value } : null,
    compute: page.compute,
  };
}

// Many changes of one frame are one question; what is on the page is old from now on.
function ask(compute = false) {
  page.compute = compute;
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    if (socket.readyState !== WebSocket.OPEN || !page.model) return;
    page.number += 1;
    for (const answer of Object.values(page.answers)) answer.old = true;
    Object.assign(page, { curve: {}, spectrum: {}, evolution: {}, asked: question() });
    at("pictures").classList.add("old");
    for (const node of document.querySelectorAll(".mistake")) node.hidden = true;
    note("curve", "");
    showValues();
    socket.send(JSON.stringify(page.asked));
    remember();
    document.body.dataset.state = "busy";
    at("status").textContent = "computing";
  });
}

function remember() {
  const words = new URLSearchParams({ model: page.model });
  for (const [name, text] of Object.entries(controls.texts())) if (text) words.set(name, text);
  words.set("~methods", chosenMethods().join(" "));
  for (const id of CHOSEN) if (at(id).value) words.set(`~${id}`, at(id).value);
  for (const id of ["spectrum-on", "evolution-on"]) if (at(id).checked) words.set(`~${id}`, "1");
  history.replaceState(null, "", `/#${words}`); // without the token, which is in a cookie now
}

// -- answers -----------------------------------------------------------------------------------------------------------

const PARTS = {
  welcome(message) {
    Object.assign(page, { styles: message.styles, methods: message.methods, saved: new URLSearchParams(location.hash.slice(1)) });
    at("model").replaceChildren(...message.models.map((name) => new Option(name, name)));
    const chosen = page.saved.get("~methods")?.split(" ");
    for (const name of message.methods) {
      const box = document.createElement("label"), check = document.createElement("input");
      Object.assign(check, { type: "checkbox", id: `method-${name}`, checked: chosen ? chosen.includes(name) : name !== "twa" });
      check.addEventListener("change", () => ask());
      box.append(check, message.styles[name].label);
      at("methods").append(box);
    }
    const asked = page.saved.get("model");
    at("model").value = message.models.includes(asked) ? asked : message.models[0];
    socket.send(`model ${at("model").value}`);
  },
  model(message) {
    const saved = page.saved?.get("model") === message.model ? page.saved : new URLSearchParams();
    page.saved = null;
    Object.assign(page, { model: message.model, answers: {}, preview: null });
    document.title = `${message.model} - permsym explore`;
    controls.build(message.parameters, Object.fromEntries(saved));
    const sliders = message.parameters.filter((parameter) => parameter.high !== undefined);
    at("over").replaceChildren(...sliders.map((parameter) => new Option(parameter.name, parameter.name)));
    const free = sliders.filter((parameter) => !parameter.counts);
    at("over").value = saved.get("~over") ?? (free.find((parameter) => parameter.name === "g") ?? free.find((parameter) => parameter.text) ?? free[0] ?? sliders[0])?.name ?? "";
    range();
    for (const id of CHOSEN) if (saved.has(`~${id}`) && id !== "quantity") at(id).value = saved.get(`~${id}`);
    page.quantity = saved.get("~quantity") ?? "";
    at("quantity").replaceChildren();
    for (const id of ["spectrum-on", "evolution-on"]) at(id).checked = saved.has(`~${id}`);
    unfold();
    ask();
  },
  busy(message) {
    for (const [name, texts] of Object.entries(message.texts)) panels[name].texts(texts);
  },
  checked(message) {
    at("equation").textContent = message.equation;
    controls.resolved(message.parameters);
    page.numbers = message.parameters;
  },
  plan(message) {
    if (message.ready) page.preview = null;
    at("compute").hidden = message.ready;
    at("plan").hidden = message.ready;
    at("plan").textContent = `The exact value at these parameters takes ${message.words}.`;
  },
  preview(message) {
    page.preview = message.size;
    page.answers.exact = { point: message.point };
    showValues();
  },
  values(message) {
    page.answers[message.method] = message;
    if (message.method === "exact") page.preview = null;
    showValues();
  },
  pictures(message) {
    at("pictures").classList.remove("old");
    const note = at("pictures").querySelector(".note");
    note.hidden = !message.size && message.pictures.length > 0;
    note.textContent = message.size ? `preview with N = ${message.size}` : "No picture is drawn of a model of this kind.";
    note.classList.toggle("preview", Boolean(message.size));
    at("frames").replaceChildren(...message.pictures.map(picture));
  },
  axis(message) {
    page.log = message.log;
    note("curve", message.size ? `preview with N = ${message.size}: the curve at these parameters would take long` : "", true);
  },
  curve(message) {
    const answer = message.point ?? { derived: {}, moments: {}, status: "failed", reason: message.error };
    (page.curve[message.method] ??= new Map()).set(message.x, answer);
    if (message.error) note("curve", `${page.asked.curve.over} = ${message.x}: ${message.error}`);
    showCurve();
  },
  spectrum(message) {
    page.spectrum[message.method] = message;
    showSpectrum();
  },
  evolution(message) {
    page.evolution[message.method] = message;
    showEvolution();
  },
  texts(message) {
    PARTS.busy(message);
  },
  saved(message) {
    panels[message.panel].say(`saved, ${message.points} point${message.points === 1 ? "" : "s"}`);
    const link = document.createElement("a");
    Object.assign(link, { href: message.address, download: `${page.model.replace(/[^\w-]+/g, "_")}-${message.panel}.nc` });
    link.click();
  },
  mistake(message) {
    done();
    complain(message);
  },
  done,
};

function done() {
  document.body.dataset.state = "done";
  at("status").textContent = "done";
}

const ALWAYS = ["welcome", "model", "saved", "mistake"];

function take(message) {
  if (!ALWAYS.includes(message.part) && message.number !== page.number) return;
  if (message.error && ["checked", "model", "plan", "pictures", "preview"].includes(message.part)) complain(message);
  else PARTS[message.part](message);
}

// A sentence goes where its cause is: a parameter, a field of a panel, else above everything.
function complain(message) {
  if (message.parameter && controls.complain(message.parameter, message.error)) return;
  const panel = message.panel && message.panel !== "values" ? message.panel : { "curve-from": "curve", "curve-to": "curve", spectrum: "spectrum", of: "spectrum", right: "spectrum", times: "evolution", initial: "evolution" }[message.parameter];
  const place = panel && document.querySelector(`.mistake[data-for="${panel}"]`);
  if (!place) return mistake(message.error);
  place.textContent = message.error;
  place.hidden = false;
}

// -- showing -----------------------------------------------------------------------------------------------------------

const rows = () => ["exact", ...chosenMethods()];

function showValues() {
  valuesTable(at("table"), rows(), page.answers, page.styles, page.preview);
  momentsTable(at("moments"), rows(), page.answers, page.styles);
  const exact = page.answers.exact;
  badge(at("badge"), exact?.point, page.preview);
  at("badge").classList.toggle("old", Boolean(exact?.old));
  quantities();
}

// What a curve may show: derived quantities, then real parts of moments.
function quantities() {
  const points = Object.values(page.answers).map((answer) => answer.point).filter(Boolean);
  const names = [...new Set([...points.flatMap((point) => Object.keys(point.derived)), ...points.flatMap((point) => Object.keys(point.moments))])];
  const select = at("quantity"), shown = [...select.options].map((option) => option.value);
  if (names.every((name) => shown.includes(name))) return;
  const chosen = select.value || page.quantity;
  select.replaceChildren(...names.map((name) => new Option(points.some((point) => name in point.derived) ? name : `Re <${name}>`, name)));
  if (names.includes(chosen)) select.value = chosen;
}

const value = (point, name) => point?.derived[name] ?? point?.moments[name]?.[0] ?? null;
const bad = (point) => point.status !== "ok";
const styled = (name) => ({ name, ...page.styles[name] });

function note(panel, words, preview = false) {
  const node = at(panel).querySelector(".note");
  node.hidden = !words;
  node.textContent = words;
  node.classList.toggle("preview", preview);
}

function showCurve() {
  const name = at("quantity").value, over = page.asked?.curve?.over;
  if (!over) return;
  const lines = rows().filter((method) => page.curve[method]).map((method) => ({
    ...styled(method),
    markers: method === "exact",
    points: [...page.curve[method]].sort(([a], [b]) => a - b).map(([x, point]) => ({ x, y: value(point, name), bad: bad(point) })),
  }));
  const range = [Number(page.asked.curve.from), Number(page.asked.curve.to)];
  lineChart(at("curve").querySelector(".chart"), lines, { x: over, y: at("quantity").selectedOptions[0]?.text ?? name, log: page.log, range, mark: page.numbers?.[over] ?? null });
}

// Lines of a panel, and under them what stands against a method.
function panelChart(panel, points, options) {
  const answers = page[panel], words = [];
  const lines = rows().filter((method) => answers[method]).map((method) => {
    const { point, error } = answers[method];
    const reason = error ?? (point.status === "ok" ? (point.reason.includes("no spectrum") ? point.reason : "") : `${point.status}: ${point.reason}`);
    if (reason) words.push(`${page.styles[method].label}: ${reason}`);
    return { ...styled(method), points: point ? points(point) : [] };
  });
  lineChart(at(panel).querySelector(".chart"), lines, { log: false, range: null, mark: null, ...options });
  const error = largest(answers.exact?.point, panel);
  note(panel, [...(error ? [error] : []), ...words].join("; "));
}

function largest(point, panel) {
  const errors = panel === "spectrum" ? point?.spectrum?.errors : point?.series?.errors[at("quantity").value];
  const numbers = errors?.filter((error) => error !== null);
  return numbers?.length ? `exact: ${point.status === "ok" ? "certified" : point.status}, errors up to ${Math.max(...numbers).toExponential(0)}` : "";
}

function showSpectrum() {
  panelChart("spectrum", (point) => (point.spectrum ? point.spectrum.x.map((x, k) => ({ x, y: point.spectrum.y[k] })) : []), { x: "ω", y: "S(ω)" });
}

function showEvolution() {
  const name = at("quantity").value;
  panelChart("evolution", (point) => (point.series?.derived[name] ? point.series.x.map((x, k) => ({ x, y: point.series.derived[name][k] })) : []), { x: "time", y: name });
}

// -- wires -------------------------------------------------------------------------------------------------------------

// The curve goes over the slider's range; a rate of exactly zero is often special.
function range() {
  const entry = controls.rows.get(at("over").value);
  if (!entry) return;
  at("curve-from").value = Number((entry.low === 0 ? entry.high / 40 : entry.low).toPrecision(3));
  at("curve-to").value = Number((entry.counts ? Math.min(entry.high, 50) : entry.high).toPrecision(3));
}

function unfold() {
  for (const id of ["spectrum", "evolution"]) at(id).querySelector(".body").hidden = !at(`${id}-on`).checked;
}

at("controls").addEventListener("submit", (event) => event.preventDefault());
at("model").addEventListener("change", () => socket.send(`model ${at("model").value}`));
at("compute").addEventListener("click", () => ask(true));
at("over").addEventListener("change", () => { range(); ask(); });
at("quantity").addEventListener("change", () => { page.quantity = at("quantity").value; showCurve(); showEvolution(); remember(); });
for (const id of ["spectrum-on", "evolution-on"]) at(id).addEventListener("change", () => { unfold(); ask(); });
for (const id of ["curve-from", "curve-to", "spectrum-grid", "of", "right", "initial", "times"]) at(id).addEventListener("change", () => ask());
addEventListener("resize", () => { showCurve(); if (at("spectrum-on").checked) showSpectrum(); if (at("evolution-on").checked) showEvolution(); });
connect();
