// The settings page and the query editor in a browser, with the real back end behind them.
//
// usage: node tests/editor/editor.mjs URL FOLDER
//   URL      where `grafana-standin serve --page web/page/dist` listens
//   FOLDER   where screenshots are written
//   CHROMIUM (environment) is the browser, /usr/bin/chromium without it
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const STEP_MS = 20_000;

const [url, folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node tests/editor/editor.mjs URL FOLDER');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: FLAGS,
});
const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
page.setDefaultTimeout(STEP_MS);
const faults = [];
page.on('pageerror', (error) => faults.push(String(error)));

const settings = page.getByRole('region', { name: 'Settings' });
const query = page.getByRole('region', { name: 'Query' });

const steps = {
  'the page loads module.js as Grafana does': async () => {
    await page.goto(url);
    await settings.waitFor();
    await query.waitFor();
  },

  'the settings page shows every setting and that a key is stored': async () => {
    await settings.getByLabel('URL').fill('localhost:9080');
    await settings.getByText('The address must start with http://').waitFor();
    await settings.getByLabel('URL').fill('http://127.0.0.1:9080');
    assert.equal(await settings.getByText('The address must start with http://').count(), 0);
    assert.equal(await settings.getByLabel('API key').isDisabled(), true);
    await settings.getByLabel('Query time-out (s)').fill('1801');
    await settings.getByText('A whole number from 1 to 1,800').waitFor();
    await settings.getByLabel('Query time-out (s)').fill('20');
    await settings.getByLabel('Row limit').fill('500');
    const saved = await json(settings.getByLabel('Saved settings'));
    assert.equal(saved.url, 'http://127.0.0.1:9080');
    assert.deepEqual(saved.jsonData, { timeoutSeconds: 20, rowLimit: 500 });
    await settings.getByLabel('Row limit').fill('');
    assert.deepEqual((await json(settings.getByLabel('Saved settings'))).jsonData, { timeoutSeconds: 20 });
    await settings.getByRole('button', { name: 'Reset' }).click();
    await settings.getByLabel('API key').fill('another key');
    assert.deepEqual((await json(settings.getByLabel('Saved settings'))).secureJsonFields, { apiKey: false });
  },

  'Save & test asks the server': async () => {
    await settings.getByRole('button', { name: 'Save & test' }).click();
    await settings.getByText('The server answers queries').waitFor();
    await screenshot('settings');
  },

  'SQL is typed into the code editor, and typing runs nothing': async () => {
    await typeSql('SELECT :tag AS tag, 1 AS one');
    await page.waitForTimeout(500);
    assert.equal(await query.getByLabel('Runs').textContent(), '0');
  },

  'Ctrl+Enter runs, and the server says which parameter is missing': async () => {
    await page.keyboard.press('Control+Enter');
    await query.getByRole('alert').filter({ hasText: 'tag' }).waitFor();
    assert.equal(await runs(), 1);
  },

  'a parameter takes the value of a dashboard variable': async () => {
    await query.getByRole('button', { name: 'Add parameter :tag' }).click();
    await query.getByLabel('Value').fill('${hashtag}');
    await query.getByRole('button', { name: 'Run query' }).click();
    await cell('music').waitFor();
    await cell('1').waitFor();
    assert.equal(await query.getByRole('alert').count(), 0);
    await screenshot('query');
  },

  'a value cannot change the SQL': async () => {
    const hostile = `o'brien'; -- ")`;
    await page.getByLabel('Variables as JSON').fill(JSON.stringify({ hashtag: hostile, hashtags: ['music', 'jobs'] }));
    await query.getByRole('button', { name: 'Run query' }).click();
    await cell(hostile).waitFor();
  },

  'a variable with several values becomes an array': async () => {
    await query.getByLabel('Type', { exact: true }).click();
    await page.getByRole('option', { name: 'array' }).click();
    await query.getByLabel('Value').fill('${hashtags}');
    await query.getByLabel('Value').press('Enter');
    await cell(/^\["music", ?"jobs"\]$/).waitFor();
    await screenshot('array');
  },

  'what a panel saves is what was edited': async () => {
    assert.deepEqual(await json(query.getByLabel('Saved query')), {
      refId: 'A',
      rawSql: 'SELECT :tag AS tag, 1 AS one',
      format: 'table',
      parameters: [{ name: 'tag', type: 'array', value: '${hashtags}' }],
    });
  },

  'the button runs a text that was typed a moment ago, once': async () => {
    const before = await runs();
    await typeSql('SELECT :tag AS tag, 2 AS two');
    await query.getByRole('button', { name: 'Run query' }).click();
    await cell('2').waitFor();
    assert.equal(await runs(), before + 1);
  },

  'an error says where it is': async () => {
    await typeSql('SELEKT 1');
    await page.keyboard.press('Control+Enter');
    await query.getByRole('alert').filter({ hasText: 'line 1' }).waitFor();
    await screenshot('error');
  },

  'the page had no error of its own': async () => assert.deepEqual(faults, []),
};

let failures = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`pass  ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}\n      ${String(error.message).split('\n').slice(0, 6).join('\n      ')}`);
    await screenshot(`failure-${failures}`);
  }
}
await browser.close();
console.log(failures === 0 ? 'all passed' : `${failures} failed`);
process.exit(failures === 0 ? 0 : 1);

/** Replaces the text in the code editor, key by key as a user does. */
async function typeSql(sql) {
  await query.locator('.monaco-editor .view-lines').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type(sql);
  // A suggestion that is open would take the next key.
  await page.keyboard.press('Escape');
}

function cell(text) {
  return query.getByRole('table', { name: 'Result' }).getByRole('cell', { name: text, exact: true });
}

async function runs() {
  return Number(await query.getByLabel('Runs').textContent());
}

async function json(locator) {
  return JSON.parse(await locator.textContent());
}

function screenshot(name) {
  return page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
