// SPDX-License-Identifier: Apache-2.0
//
// The reference of all calls, drawn from ../openapi.json, and in a demo a way
// to try them: signed here, sent through this listener to the API.
'use strict';

const WORDS = {
  en: {
    skip: 'Skip to the reference', menu: 'Calls', theme: 'Light or dark', loading: 'Loading…',
    filter: 'Find a call', title: 'procured API', other: '中文', keys: 'Signature', field: 'Field',
    what: 'What it is', parameters: 'Parameters', body: 'Body', answers: 'Answers',
    errors: 'How it can end otherwise', code: 'Code', message: 'Message', when: 'When', must: 'required',
    success: 'Success', try: 'Try it',
    target: 'Path and query', text: 'Body, before it is signed', lines: 'Fields, one a line, before they are signed', send: 'Sign and send', credentials: 'Credentials',
    signed: 'What was signed', request: 'What was sent', asDemo: 'The demo’s keys; your own never leave this page.',
    noTry: 'Start the server with --demo to try calls here.', nullable: 'or null', refused: 'refused when sent',
    catalog: 'in the app’s catalog', orText: 'a number in quotes is as good', decimals: 'decimals at most',
    one: 'one of', characters: 'characters', items: 'items', failed: 'The request could not be sent',
    broken: 'The document could not be read', calls: 'calls', anything: 'anything', always: 'always',
    atLeast: 'at least', atMost: 'at most', to: 'to', http: 'HTTP', list: 'list of',
    json: 'JSON as text', form: 'The signature is in fields of the form.',
  },
  zh: {
    skip: '跳到正文', menu: '接口目录', theme: '切换明暗', loading: '加载中…',
    filter: '查找接口', title: 'procured 接口文档', other: 'English', keys: '签名', field: '字段',
    what: '说明', parameters: '参数', body: '请求体', answers: '应答',
    errors: '其他结果', code: '代码', message: '消息', when: '何时', must: '必填',
    success: '成功', try: '试一试',
    target: '路径与查询串', text: '请求体（签名前）', lines: '表单字段（签名前），每行一个', send: '签名并发送', credentials: '凭据',
    signed: '待签名串', request: '实际发送', asDemo: '演示凭据；您填写的密钥不会离开本页面。',
    noTry: '用 --demo 启动服务后可在此试用接口。', nullable: '可为 null', refused: '传入即拒绝',
    catalog: '须在应用目录中', orText: '也可用引号括起的数字', decimals: '位小数以内',
    one: '取值', characters: '个字符', items: '项', failed: '请求发送失败',
    broken: '无法读取接口文档', calls: '个接口', anything: '任意', always: '固定为',
    atLeast: '不小于', atMost: '不超过', to: '到', http: 'HTTP', list: '列表，元素为',
    json: 'JSON 文本', form: '签名在表单字段中。',
  },
};

const TYPES = {
  en: { string: 'text', integer: 'integer', number: 'number', boolean: 'true or false', object: 'object', array: 'list' },
  zh: { string: '文本', integer: '整数', number: '数字', boolean: '布尔', object: '对象', array: '列表' },
};

// --- small things -----------------------------------------------------------------

const keep = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, value); } catch { /* private mode */ } },
};

let language = keep.get('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
const say = (word) => WORDS[language][word];
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const told = (thing, key = 'description') => (
  language === 'zh' && thing['x-zh'] ? thing['x-zh'] : upper(thing[key] ?? ''));

// An element; attributes first, children behind. Text is never taken for markup.
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== ''));
  return made;
}

// Numbers that no double holds stay what they were, where the browser tells.
class Digits { constructor(text) { this.text = text; } }

function readJson(text) {
  return JSON.parse(text, (_, value, context) => (
    typeof value === 'number' && context?.source !== undefined && /^-?\d+$/.test(context.source)
      && !Number.isSafeInteger(value) ? new Digits(context.source) : value));
}

function pretty(value, indent = '') {
  if (value instanceof Digits) return value.text;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  const list = Array.isArray(value);
  const parts = list ? value.map((item) => inner + pretty(item, inner))
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${pretty(item, inner)}`);
  const [open, close] = list ? '[]' : '{}';
  return parts.length ? `${open}\n${parts.join(',\n')}\n${indent}${close}` : open + close;
}

function shown(text) {
  try { return pretty(readJson(text)); } catch { return text; }
}

// --- the document --------------------------------------------------------------------

let doc;
let config;
let calls = [];

const resolve = (schema) => (schema.$ref ? doc.components.schemas[schema.$ref.split('/').pop()] : schema);
const typesOf = (schema) => [].concat(schema.type ?? []);

function gather() {
  calls = [];
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const [method, call] of Object.entries(item)) {
      calls.push({
        ...call, method: method.toUpperCase(), path: path.split('#')[0], dialect: call.tags[0], name: call['x-call'],
        at: `#/${call.tags[0]}/${call['x-call']}`,
      });
    }
  }
}

function range(low, high, unit) {
  if (low !== undefined && high !== undefined) {
    return low === high ? `${low}${unit}` : `${low} ${say('to')} ${high}${unit}`;
  }
  if (high !== undefined) return `${say('atMost')} ${high}${unit}`;
  return low !== undefined ? `${say('atLeast')} ${low}${unit}` : '';
}

function limits(schema) {
  const types = typesOf(schema);
  const out = [];
  if (schema.const !== undefined) out.push(`${say('always')} ${schema.const}`);
  if (schema.enum) out.push(`${say('one')} ${schema.enum.filter((w) => w !== null).join(', ')}`);
  if (schema.minLength !== undefined || schema.maxLength !== undefined) {
    out.push(range(schema.minLength, schema.maxLength, ` ${say('characters')}`));
  }
  if (schema.minimum !== undefined || schema.maximum !== undefined) out.push(range(schema.minimum, schema.maximum, ''));
  if (schema.minItems !== undefined || schema.maxItems !== undefined) {
    out.push(range(schema.minItems, schema.maxItems, ` ${say('items')}`));
  }
  if (schema['x-decimals'] !== undefined) out.push(`${schema['x-decimals']} ${say('decimals')}`);
  if (types.includes('string') && ['integer', 'number'].includes(types[0])) out.push(say('orText'));
  if (types.includes('null')) out.push(say('nullable'));
  if (schema['x-in-catalog']) out.push(say('catalog'));
  if (schema.readOnly) out.push(say('refused'));
  return out.filter(Boolean).join(language === 'zh' ? '；' : '; ');
}

function typeName(schema) {
  const first = typesOf(schema)[0];
  if (schema.contentSchema) return say('json');
  if (first === 'array') {
    const inner = resolve(schema.items ?? {});
    return `${say('list')} ${typeName(inner)}`;
  }
  return first ? TYPES[language][first] : say('anything');
}

// Rows of [name, depth, schema, required] of all members below.
function members(schema, depth = 0, out = []) {
  const whole = resolve(schema);
  const list = typesOf(whole)[0] === 'array' && whole.items ? resolve(whole.items) : whole;
  for (const [name, inner] of Object.entries(list.properties ?? {})) {
    out.push([name, depth, resolve(inner), (list.required ?? []).includes(name)]);
    const below = resolve(inner).contentSchema ?? inner;
    if (depth < 4) members(below, depth + 1, out);
  }
  return out;
}

// --- drawing ---------------------------------------------------------------------------

function fieldRow(name, depth, schema, required, more) {
  const words = told(schema);
  const bounds = limits(schema);
  return el('tr', {},
    el('td', { class: depth ? 'name deep' : 'name' }, el('code', {}, '· '.repeat(depth) + name),
      required ? el('span', { class: 'tag must' }, say('must')) : ''),
    el('td', {}, more ?? typeName(schema)),
    el('td', {}, words ? el('div', {}, words) : '', bounds ? el('div', { class: 'limits' }, bounds) : ''));
}

// Members that are known and refused share a row.
function fieldRows(rows) {
  const refused = rows.filter(([, , schema]) => schema.readOnly);
  const out = rows.filter(([, , schema]) => !schema.readOnly).map((row) => fieldRow(...row));
  const names = [...new Set(refused.map(([name]) => name))];
  if (names.length) {
    out.push(el('tr', {}, el('td', { class: 'limits', colspan: 3 }, `${upper(say('refused'))}: `,
      names.flatMap((name) => [el('code', {}, name), ' ']))));
  }
  return out;
}

function fieldTable(rows) {
  return el('div', { class: 'scroll' }, el('table', { class: 'fields' }, el('thead', {}, el('tr', {},
    el('th', {}, say('field')), el('th', {}, ''), el('th', {}, say('what')))), el('tbody', {}, rows)));
}

function drawParameters(call) {
  if (!call.parameters?.length) return [];
  return [el('h2', {}, say('parameters')), fieldTable(call.parameters.map((p) => fieldRow(
    p.name, 0, { ...p.schema, description: p.description, 'x-zh': p['x-zh'] }, p.required,
    `${typeName(p.schema)} · ${p.in}`)))];
}

function examplesOf(content, status = '200') {
  return Object.entries(content?.examples ?? {}).map(([name, example]) => el('details', {},
    el('summary', {}, status === '200' ? '' : `HTTP ${status} · `, told(example, 'summary'), ' ', el('span', { class: 'tag' }, name)),
    el('div', {}, el('pre', {}, pretty(example.value)))));
}

function drawBody(call) {
  const content = call.requestBody?.content;
  if (!content) return [];
  const [type, inner] = Object.entries(content)[0];
  const rows = fieldRows(members(inner.schema));
  const whole = limits(resolve(inner.schema));
  return [el('h2', {}, say('body'), el('span', { class: 'tag' }, type)),
    whole ? el('p', { class: 'limits' }, `${typeName(inner.schema)}: ${whole}`) : '',
    rows.length ? fieldTable(rows) : '', ...examplesOf(inner)];
}

function drawAnswers(call) {
  const out = [el('h2', {}, say('answers'))];
  for (const [status, answer] of Object.entries(call.responses)) {
    const content = Object.values(answer.content)[0];
    const schema = content.schema.anyOf?.[0] ?? content.schema;
    const shownExamples = examplesOf(content, status);
    if (status === '200') {
      const rows = fieldRows(members(schema));
      out.push(el('details', {}, el('summary', {}, `${say('http')} 200 · ${say('success')}`),
        el('div', {}, fieldTable(rows))), ...shownExamples);
    } else {
      out.push(...shownExamples);
    }
  }
  return out;
}

function drawErrors(call) {
  const seen = new Set();
  const rows = call['x-errors'].filter((e) => {
    const key = `${e.http} ${e.code} ${e.message}`;
    return seen.has(key) ? false : seen.add(key);
  }).map((e) => el('tr', {}, el('td', { class: 'name' }, el('code', {}, e.code),
    e.http === 200 ? '' : el('span', { class: 'tag' }, `HTTP ${e.http}`)), el('td', {}, e.message), el('td', { class: 'soft' }, told(e, 'when'))));
  return [el('h2', {}, say('errors')), el('div', { class: 'scroll' }, el('table', { class: 'fields' }, el('thead', {}, el('tr', {},
    el('th', {}, say('code')), el('th', {}, say('message')), el('th', {}, say('when')))), el('tbody', {}, rows)))];
}

// --- trying -----------------------------------------------------------------------------

function input(label, value, attributes = {}) {
  const id = `in-${Math.random().toString(36).slice(2)}`;
  const made = el(attributes.rows ? 'textarea' : 'input', { id, spellcheck: 'false', autocomplete: 'off', ...attributes });
  made.value = value;
  return [el('label', { for: id }, label), made];
}

// A form is edited a field a line.
const formLines = (text) => Array.from(new URLSearchParams(text), ([name, value]) => `${name}=${value}`).join('\n');
const linesForm = (text) => form(Object.fromEntries(text.split('\n').filter((line) => line.includes('='))
  .map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)])));

function verdictOf(call, status, text) {
  let answer;
  try { answer = readJson(text); } catch { return status === 200; }
  if (call.dialect === 'intents') return status === 200 && answer.code === 0;
  if (call.dialect === 'wangdian') return answer.status === 0;
  if (call.dialect === 'franchiser') return answer.statusCode === 0;
  const root = Object.values(answer)[0];
  return !answer.error_response && root?.call_success !== false;
}

async function exchange(call, request, keys) {
  const made = call.security?.length || call.dialect === 'franchiser' ? await signers[call.dialect](request, keys)
    : { method: request.method, target: request.target, headers: {}, string: '' };
  const reply = await fetch(`try${made.target}`, {
    method: made.method, body: made.body, cache: 'no-store', credentials: 'omit',
    headers: { ...made.headers, 'X-Procured-Docs': '1' },
  });
  return { made, status: reply.status, text: await reply.text(), headers: reply.headers };
}

function drawOutcome(call, { made, status, text, headers }) {
  const good = verdictOf(call, status, text);
  const sent = [`${made.method} ${made.target}`, ...Object.entries(made.headers).map(([k, v]) => `${k}: ${v}`),
    '', made.body ?? ''].join('\n').trimEnd();
  const got = ['etag', 'x-request-id', 'x-ratelimit-remaining', 'retry-after'].filter((h) => headers.has(h))
    .map((h) => `${h}: ${headers.get(h)}`).join('\n');
  return [
    el('p', { class: `verdict ${good ? 'good' : 'bad'}`, role: 'status', 'data-good': String(good) },
      `${say('http')} ${status}`),
    el('pre', { 'data-answer': true }, (got ? `${got}\n\n` : '') + shown(text)),
    made.string ? el('details', {}, el('summary', {}, say('signed')), el('div', {}, el('pre', {}, made.string))) : '',
    el('details', {}, el('summary', {}, say('request')), el('div', {}, el('pre', {}, sent))),
  ];
}

function drawTry(call) {
  if (!config.demo) return el('p', { class: 'soft' }, say('noTry'));
  const sample = call['x-example'] ?? { target: call.path };
  const [targetLabel, target] = input(say('target'), sample.target);
  const hasBody = Boolean(call.requestBody);
  const isForm = call.dialect === 'top';
  const text = isForm ? formLines(sample.content ?? '') : shown(sample.content ?? '');
  const [bodyLabel, body] = input(say(isForm ? 'lines' : 'text'), text, { rows: Math.min(16, 1 + text.split('\n').length) });
  const keys = Object.entries(config.demo[call.dialect]).map(([name, value]) => [name, ...input(name, value)]);
  const outcome = el('div', { class: 'outcome', 'aria-live': 'polite' });
  const button = el('button', { type: 'submit' }, say('send'));
  const send = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const values = Object.fromEntries(keys.map(([name, , field]) => [name, field.value]));
      const request = { method: call.method, target: target.value, body: hasBody ? (isForm ? linesForm(body.value) : body.value) : '' };
      outcome.replaceChildren(...drawOutcome(call, await exchange(call, request, values)).filter(Boolean));
    } catch (fault) {
      outcome.replaceChildren(el('p', { class: 'verdict bad', 'data-good': 'false' }, `${say('failed')}: ${fault.message}`));
    }
    button.disabled = false;
  };
  return el('form', { class: 'try', onsubmit: send }, el('h2', {}, say('try')),
    targetLabel, target, ...(hasBody ? [bodyLabel, body] : []),
    el('details', {}, el('summary', {}, say('credentials')), el('div', {}, el('p', { class: 'soft' }, say('asDemo')),
      el('div', { class: 'keys' }, keys.map(([, label, field]) => el('div', {}, label, field))))),
    el('div', { class: 'send' }, button), outcome);
}

// --- pages ------------------------------------------------------------------------------

function drawCall(call) {
  return [
    el('h1', {}, told(call, 'summary')),
    el('div', { class: 'path' }, el('span', { class: `verb ${call.method.toLowerCase()}` }, call.method), el('code', {}, call.path)),
    call.name.includes('.') ? el('p', {}, el('code', {}, call.name)) : '',
    drawTry(call), ...drawParameters(call), ...drawBody(call), ...drawAnswers(call), ...drawErrors(call),
  ];
}

function drawDialect(tag) {
  const keys = Object.entries(doc.components.securitySchemes).filter(([name]) => name.startsWith(`${tag.name}.`));
  return [
    el('h1', {}, tag.name), el('p', {}, told(tag)), el('h2', {}, say('keys')),
    keys.length ? fieldTable(keys.map(([, key]) => el('tr', {}, el('td', { class: 'name' }, el('code', {}, key.name)),
      el('td', {}, key.in), el('td', {}, told(key))))) : el('p', {}, say('form')),
    el('div', { class: 'cards' }, calls.filter((c) => c.dialect === tag.name).map((c) => el('a', { class: 'card', href: c.at },
      el('span', { class: `verb ${c.method.toLowerCase()}` }, c.method), el('b', {}, told(c, 'summary')),
      el('p', {}, c.name.includes('.') ? c.name : c.path)))),
  ];
}

function drawHome() {
  return [
    el('h1', {}, say('title')), el('p', {}, told(doc.info)),
    config.demo ? '' : el('p', { class: 'soft' }, say('noTry')),
    el('div', { class: 'cards few' }, doc.tags.map((tag) => el('a', { class: 'card', href: `#/${tag.name}` },
      el('b', {}, tag.name), el('p', {}, told(tag).split(/[.。] ?(?=Signature|签名)/)[0]),
      el('p', {}, `${calls.filter((c) => c.dialect === tag.name).length} ${say('calls')}`)))),
  ];
}

function drawList() {
  const wanted = document.getElementById('filter').value.trim().toLowerCase();
  const fits = (call) => `${call.name} ${call.path} ${call.summary} ${call['x-zh']}`.toLowerCase().includes(wanted);
  const here = decodeURIComponent(location.hash);
  document.getElementById('list').replaceChildren(...doc.tags.flatMap((tag) => {
    const found = calls.filter((call) => call.dialect === tag.name && fits(call));
    if (!found.length) return [];
    return [el('h2', {}, el('a', { href: `#/${tag.name}` }, tag.name)), el('ul', {}, found.map((call) => el('li', {},
      el('a', { href: call.at, 'aria-current': call.at === here ? 'page' : undefined },
        el('span', { class: `verb ${call.method.toLowerCase()}` }, call.method), el('span', {}, told(call, 'summary'))))))];
  }));
}

function draw() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = say('title');
  document.querySelectorAll('[data-say]').forEach((e) => { e.textContent = say(e.dataset.say); });
  document.querySelectorAll('[data-title]').forEach((e) => { e.title = say(e.dataset.title); e.setAttribute('aria-label', e.title); });
  document.getElementById('language').textContent = say('other');
  document.getElementById('filter').placeholder = say('filter');
  document.getElementById('filter').setAttribute('aria-label', say('filter'));
  const here = decodeURIComponent(location.hash);
  const call = calls.find((c) => c.at === here);
  const tag = doc.tags.find((t) => `#/${t.name}` === here);
  const page = call ? drawCall(call) : tag ? drawDialect(tag) : drawHome();
  document.getElementById('main').replaceChildren(...page.filter((part) => part !== ''));
  drawList();
}

function openMenu(open) {
  document.getElementById('nav').classList.toggle('open', open);
  document.getElementById('menu').setAttribute('aria-expanded', String(open));
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}

async function start() {
  setTheme(keep.get('theme'));
  document.getElementById('menu').addEventListener('click', () => openMenu(!document.getElementById('nav').classList.contains('open')));
  document.getElementById('theme').addEventListener('click', () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    setTheme(dark ? 'light' : 'dark');
    keep.set('theme', dark ? 'light' : 'dark');
  });
  document.getElementById('language').addEventListener('click', () => {
    language = language === 'zh' ? 'en' : 'zh';
    keep.set('language', language);
    draw();
  });
  document.getElementById('filter').addEventListener('input', drawList);
  // The link of the page that is shown changes no hash, and closes the menu all the same.
  document.getElementById('list').addEventListener('click', (event) => { if (event.target.closest('a')) openMenu(false); });
  window.addEventListener('hashchange', () => { openMenu(false); draw(); scrollTo(0, 0); });
  try {
    const texts = await Promise.all(['../openapi.json', 'config.json'].map(async (path) => (await fetch(path)).text()));
    [doc, config] = texts.map(readJson);
  } catch (fault) {
    document.getElementById('main').replaceChildren(el('p', { class: 'verdict bad' }, `${say('broken')}: ${fault.message}`));
    return;
  }
  document.getElementById('version').textContent = doc.info.version;
  gather();
  draw();
  document.body.dataset.ready = 'true';
}

start();
