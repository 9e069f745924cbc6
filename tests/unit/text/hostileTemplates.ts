// Chat templates that attack whoever runs them: cases C32 to C34 of the list of malformed files. `ends` is how each
// ends; those that are `template/too-slow` never end by themselves and are run where they can be ended.
import type { ErrorCode } from '../../../src/base/errors'

export interface HostileTemplate {
  readonly name: string
  readonly template: string
  /** Any of these; `written` for text that is harmless. */
  readonly ends: readonly (ErrorCode | 'written')[]
}

const nest = (open: string, close: string, depth: number, inner: string) =>
  open.repeat(depth) + inner + close.repeat(depth)

export const endingTemplates: readonly HostileTemplate[] = [
  {
    name: 'C32 range(10**10)',
    template: '{% for i in range(10000000000) %}x{% endfor %}',
    ends: ['template/too-large'],
  },
  {
    name: 'C32 a range that is a power',
    template: '{% for i in range(10**10) %}x{% endfor %}',
    ends: ['template/too-large'],
  },
  {
    name: 'C32 a range of what is no number',
    template: "{% for i in range('x') %}x{% endfor %}",
    ends: ['template/invalid'],
  },
  {
    name: 'C32 a range by steps of zero',
    template: '{% for i in range(0, 9, 0) %}x{% endfor %}',
    ends: ['template/invalid'],
  },
  {
    name: 'C32 a long text',
    template: "{% for i in range(60000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}",
    ends: ['template/too-large'],
  },
  {
    name: 'C32 joins of a long list',
    template: "{{ range(60000) | join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}",
    ends: ['template/too-large', 'template/invalid'],
  },
  {
    name: 'C32 tojson with an indent of a million',
    template: '{{ messages | tojson(indent=1000000) }}',
    ends: ['template/too-large', 'template/invalid', 'written'],
  },
  { name: 'C32 65 KiB of template', template: 'x'.repeat(65_537), ends: ['template/too-large'] },
  { name: 'C33 an unclosed expression', template: '{{ messages', ends: ['template/invalid'] },
  { name: 'C33 an unclosed block', template: '{% for message in messages %}x', ends: ['template/invalid'] },
  { name: 'C33 an unclosed string', template: "{{ 'x }}", ends: ['template/invalid'] },
  { name: 'C33 an unknown filter', template: "{{ 'x' | frobnicate }}", ends: ['template/invalid'] },
  { name: 'C33 an unknown test', template: "{{ 'x' is frobnicated }}", ends: ['template/invalid'] },
  { name: 'C33 an unknown function', template: '{{ open("/etc/passwd") }}', ends: ['template/invalid'] },
  {
    name: 'C33 20,000 parentheses',
    template: `{{ ${nest('(', ')', 20_000, '1')} }}`,
    ends: ['template/invalid', 'written'],
  },
  { name: 'C33 20,000 lists', template: `{{ ${nest('[', ']', 20_000, '1')} }}`, ends: ['template/invalid', 'written'] },
  {
    name: 'C33 3,000 loops inside each other',
    template: nest('{% if true %}', '{% endif %}', 2500, 'x'),
    ends: ['template/invalid', 'written'],
  },
  {
    name: 'C33 a macro that calls itself',
    template: '{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}',
    ends: ['template/invalid'],
  },
  { name: 'C33 an import', template: "{% import 'os' as os %}{{ os }}", ends: ['template/invalid'] },
  {
    name: 'C34 __class__',
    template: "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    ends: ['template/invalid', 'written'],
  },
  {
    name: 'C34 constructor.constructor',
    template: "{{ messages.constructor.constructor('return this')() }}",
    ends: ['template/invalid'],
  },
  {
    name: 'C34 the constructor of a filter',
    template: "{{ ('x' | upper).constructor }}",
    ends: ['template/invalid', 'written'],
  },
  {
    name: 'C34 __proto__',
    template: '{% set x = messages[0].__proto__ %}{{ x.polluted }}',
    ends: ['template/invalid', 'written'],
  },
  {
    name: 'C34 globals',
    template: '{{ globalThis }}{{ self }}{{ process }}{{ Function }}',
    ends: ['template/invalid', 'written'],
  },
  {
    name: 'C34 raise_exception with HTML',
    template: "{{ raise_exception('<script>alert(1)</script>') }}",
    ends: ['template/refused'],
  },
]

export const endlessTemplates: readonly HostileTemplate[] = [
  {
    name: 'C32 nested loops',
    template: '{% for i in range(60000) %}{% for j in range(60000) %}{% set x = i * j %}{% endfor %}{% endfor %}',
    ends: ['template/too-slow'],
  },
  {
    name: 'C32 a list doubled',
    template: '{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}',
    ends: ['template/too-slow', 'template/invalid', 'template/too-large', 'engine/stopped-answering'],
  },
  {
    name: 'C32 a text doubled',
    template:
      "{% set ns = namespace(a='x') %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}{{ ns.a }}",
    ends: ['template/too-slow', 'template/invalid', 'template/too-large', 'engine/stopped-answering'],
  },
  {
    name: 'C32 a macro that calls itself twice',
    template: '{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}',
    ends: ['template/too-slow'],
  },
]
