import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spansOf, textsOf } from '../../../test/helpers/spans.ts';
import { Multiline } from './multiline.ts';
import { PRESETS, type Preset } from './presets.ts';

/** Records as their languages print them. */
const TRACES: Readonly<Record<Preset, readonly string[]>> = {
  java: [
    `java.lang.IllegalStateException: cannot start
	at com.example.App.start(App.java:12) ~[app.jar:1.0]
	at java.base/java.lang.Thread.run(Thread.java:829)
	Suppressed: java.io.IOException: closed
		at com.example.Closer.close(Closer.java:3)
Caused by: java.net.ConnectException: Connection refused
	at java.base/sun.nio.ch.Net.connect0(Native Method)
	... 12 more`,
    `Exception in thread "main" java.lang.StackOverflowError
	at Main.f(Main.java:3)
	... 1010 common frames omitted`,
  ],
  python: [
    `Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    run()
    ~~~^^
  File "/app/main.py", line 7, in run
    raise ValueError("no")
ValueError: no

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 9, in <module>
    raise KeyError from None
KeyError`,
    `ERROR:root:failed Traceback (most recent call last):
  File "x.py", line 1, in <module>
ZeroDivisionError: division by zero`,
  ],
  go: [
    `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f0a5]

goroutine 1 [running]:
main.(*Server).Run(0x0, {0x4b5b2a, 0x3})
	/app/main.go:12 +0x25
main.main()
	/app/main.go:5 +0x1d

goroutine 18 [chan receive, 5 minutes]:
net/http.(*conn).serve(0xc0000a2000)
	/usr/local/go/src/net/http/server.go:1950 +0x85
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3285 +0x4b4
exit status 2`,
    `2026/11/21 10:00:00 http: panic serving 10.0.0.1:5000: boom
goroutine 34 [running]:
net/http.(*conn).serve.func1()
	/usr/local/go/src/net/http/server.go:1898 +0xbe`,
  ],
  node: [
    `TypeError: Cannot read properties of undefined (reading 'x')
    at Object.<anonymous> (/app/index.js:3:7)
    at Module._compile (node:internal/modules/cjs/loader:1554:14)`,
    `2026-11-21T10:00:00Z ERROR Error [ERR_HTTP]: outer
    at run (file:///app/a.mjs:1:1)
    ... 3 lines matching cause stack trace ...
    at async main (file:///app/a.mjs:9:1) {
  code: 'E_OUTER',
  [cause]: Error: inner
      at file:///app/a.mjs:2:3 {
    code: 'E_INNER'
  }
}`,
  ],
  ruby: [
    `app.rb:3:in 'Object#f': no (RuntimeError)
	from app.rb:7:in 'Object#g'
	from app.rb:9:in '<main>'`,
    `NoMethodError: undefined method 'x' for nil
/app/lib/a.rb:12:in \`block in run'
/app/lib/a.rb:3:in \`each'`,
  ],
  php: [
    `PHP Fatal error:  Uncaught RuntimeException: first in /app/a.php:3
Stack trace:
#0 /app/a.php(9): f()
#1 {main}

Next LogicException: second in /app/a.php:5
Stack trace:
#0 {main}
  thrown in /app/a.php on line 5`,
    `[2026-11-21 10:00:00] production.ERROR: no {"exception":"[object] (Exception(code: 0): no at /app/a.php:3)
[stacktrace]
#0 /app/b.php(3): A->f()
#1 {main}`,
  ],
  dotnet: [
    `Unhandled exception. System.InvalidOperationException: outer
 ---> System.ArgumentNullException: Value cannot be null. (Parameter 'x')
   at App.Inner() in /app/Program.cs:line 12
   --- End of inner exception stack trace ---
   at App.Main(String[] args) in /app/Program.cs:line 5`,
    `fail: Worker[0] System.AggregateException: One or more errors occurred. (no)
   at System.Threading.Tasks.Task.Wait()
--- End of stack trace from previous location ---
   at App.Run()`,
  ],
};

const ORDINARY = [
  '2026-11-21T10:00:00Z INFO started',
  'an Error happened',
  '',
  '  indented',
  'GET /api 200',
  '}',
];

function joined(preset: Preset, lines: readonly string[], limits = {}): string[] {
  const { bytes, spans } = spansOf(lines);
  const options = { start: undefined, preset, maxLines: 500, maxBytes: 1e6, ...limits };
  return textsOf(bytes, new Multiline(options).join(bytes, spans).spans);
}

describe('presets of multiline', () => {
  for (const preset of Object.keys(PRESETS) as Preset[]) {
    it(`join what ${preset} prints, and nothing else`, () => {
      const expected = [...ORDINARY, TRACES[preset][0]!, ...ORDINARY, TRACES[preset][1]!, ...ORDINARY];
      const lines = expected.flatMap(record => record.split('\n'));
      assert.deepEqual(joined(preset, lines), expected);
    });

    it(`leave a trace of ${preset} open until a line comes that does not belong to it`, () => {
      const lines = TRACES[preset][0]!.split('\n');
      const { bytes, spans } = spansOf(['first', ...lines]);
      const options = { start: undefined, preset, maxLines: 500, maxBytes: 1e6 };
      for (let count = 2; count <= lines.length; count++) {
        assert.equal(
          new Multiline(options).join(bytes, spans.subarray(0, count * 2)).openLine,
          1,
          lines[count - 2],
        );
      }
      const ordinary = spansOf(['one', 'two']);
      assert.equal(new Multiline(options).join(ordinary.bytes, ordinary.spans).openLine, 2);
    });

    it(`go on with a trace of ${preset} that is longer than a record may be`, () => {
      for (const trace of TRACES[preset]) {
        const lines = trace.split('\n');
        const records = joined(preset, ['first', ...lines, 'last'], { maxLines: 3 });
        assert.ok(records.every(record => record.split('\n').length <= 3));
        assert.equal(records.join('\n'), ['first', ...lines, 'last'].join('\n'));
      }
    });
  }
});
