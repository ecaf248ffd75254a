// SPDX-License-Identifier: Apache-2.0
//
// Two outside validators of the OpenAPI document: one holds it against the
// specification's own schema, the other lints it and holds every example
// against the schema beside it.
//
//	node validate.mjs openapi.json

import fs from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createConfig, lintFromString } from '@redocly/openapi-core';

const path = process.argv[2];
const source = fs.readFileSync(path, 'utf8');
let passed = 0;
let failed = 0;

function result(name, faults) {
  if (faults.length === 0) {
    passed += 1;
    console.log(`ok ${name}`);
    return;
  }
  failed += 1;
  for (const fault of faults.slice(0, 20)) console.log(`FAILED ${name}: ${fault}`);
}

const validator = new Validator();
const verdict = await validator.validate(JSON.parse(source));
result('the document is OpenAPI 3.1 by its schema',
  verdict.valid && validator.version === '3.1' ? []
    : [].concat(verdict.errors ?? `version ${validator.version}`).map((e) => JSON.stringify(e)));

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    // Answers that are no success are told where they have an HTTP status of
    // their own; three of the dialects have none.
    'operation-4xx-response': 'off',
    // It is about servers in production; ours is where it was started.
    'no-server-example.com': 'off',
    // The fragment tells calls of one path apart; see src/http/openapi.c.
    'no-ambiguous-paths': 'off',
    'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: true },
    'no-invalid-parameter-examples': 'error',
    'no-unused-components': 'error',
    'operation-operationId-unique': 'error',
  },
});
const problems = await lintFromString({ source, absoluteRef: path, config });
const faults = problems.map((p) => `${p.ruleId} ${p.location?.[0]?.pointer ?? ''}: ${p.message}`);
result('the document passes the linter, examples and all', faults);

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
