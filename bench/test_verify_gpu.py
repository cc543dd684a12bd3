"""Tests of verify_gpu.py with a program in the place of tenfold-decode: `python3 -m unittest test_verify_gpu` in this folder.

They need no GPU, no torch and no NumPy.
"""

import contextlib
import io
import json
import stat
import sys
import tempfile
import time
import unittest
from pathlib import Path

import verify_gpu
from base import Bench, Check, Fail, Skip

# Does what its bundle's file `behaviour` says, and writes down how it was called.
FAKE = '''
import json, pathlib, sys, time
words = sys.argv[1:]
value = lambda name, default=None: words[words.index(name) + 1] if name in words else default
bundle = pathlib.Path(value("--bundle"))
behaviour = json.loads((bundle / "behaviour").read_text())
with (bundle / "calls").open("a") as calls:
    calls.write(json.dumps(words) + "\\n")
time.sleep(behaviour.get("sleep", 0))
if behaviour.get("breaks"):
    sys.exit("error: " + behaviour["breaks"])
failed = behaviour.get("failed", 0)
if words[0] == "judge":
    kernels = [dict(kernel=f"k{i}", fused=i == 0, outcome="passed", relative_error=1e-7, cases=[{}]) for i in range(3)]
    kernels += [dict(kernel="bad", fused=False, outcome="failed", reason="`y`: wrong", cases=[{}])] * failed
    print(f"3 passed, {failed} failed, 0 skipped")
    if value("--json"):
        pathlib.Path(value("--json")).write_text(json.dumps(dict(passed=3, failed=failed, skipped=0, kernels=kernels)))
    sys.exit(1 if failed else 0)
if words[0] == "logits":
    steps = len(json.loads(pathlib.Path(value("--tokens-file")).read_text()))
    noise = behaviour.get("noise", "x") if "--no-graph" in words else "x"
    pathlib.Path(value("--out")).write_text(noise * steps)
    print(f"{steps} x 1 logits")
if words[0] == "bench":
    tokens = behaviour.get("ahead", [1, 2]) if value("--ahead") == "2" else [1, 2]
    row = dict(context=8, same_tokens=True, first_tokens=tokens, tok_s_of_median=5.0)
    row["device_ms_per_token"] = dict(median=1.5)
    pathlib.Path(value("--json")).write_text(json.dumps(dict(results=[row])))
'''


class Verify(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program = self.folder / "tenfold-decode"
        self.program.write_text(f"#!{sys.executable}\n{FAKE}")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        for group in ("qwen2-reduced", "gallery"):
            self.bundle(group)

    def bundle(self, group, **behaviour):
        path = self.folder / "bundles" / group
        path.mkdir(parents=True, exist_ok=True)
        (path / "manifest.json").write_text(json.dumps(dict(group=group)))
        (path / "cases.zip").write_text("")
        (path / "behaviour").write_text(json.dumps(behaviour))
        return path

    def run_main(self, *words, driver=lambda: True):
        options = ["--bundles", str(self.folder / "bundles"), "--tenfold", str(self.program), "--device", "cpu"]
        options += ["--model", "synthetic:qwen2-reduced", "--json", str(self.folder / "verify.json"), *words]
        out, log = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(log):
            code = verify_gpu.main(options, driver)
        return code, out.getvalue()

    def records(self):
        return json.loads((self.folder / "verify.json").read_text())["checks"]

    def outcomes(self):
        return {f"{record['part']}: {record['name']}": record["outcome"] for record in self.records()}

    def test_without_a_driver_it_says_so_and_runs_nothing(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = verify_gpu.main(["--bundles", str(self.folder / "bundles")], lambda: False)
        self.assertEqual(code, 77)
        self.assertIn("skipped: no NVIDIA driver", out.getvalue())

    def test_what_holds_passes(self):
        code, text = self.run_main("--only", "judge,repeat,bench", "--steps", "5")
        self.assertEqual(code, 0, text)
        self.assertEqual(set(self.outcomes().values()), {"passed"})
        self.assertIn("| judge | gallery | passed |", text)
        self.assertIn("9 passed, 0 failed, 0 skipped", text)
        self.assertIn("1.5000 ms by the device", text)

    def test_a_kernel_that_is_wrong_fails(self):
        self.bundle("gallery", failed=1)
        code, text = self.run_main("--only", "judge")
        self.assertEqual(code, 1)
        self.assertEqual(self.outcomes(), {"judge: gallery": "failed", "judge: qwen2-reduced": "passed"})
        self.assertIn("bad: `y`: wrong", text)

    def test_a_kernel_without_a_case_fails(self):
        unjudged = self.program.read_text().replace('outcome="passed"', 'outcome="skipped", reason="no case"')
        self.program.write_text(unjudged)
        code, text = self.run_main("--only", "judge", "--suites", "gallery")
        self.assertEqual(code, 1, text)
        self.assertIn("no case", text)

    def test_other_bits_and_other_tokens_fail(self):
        self.bundle("qwen2-reduced", noise="y", ahead=[1, 3])
        code, _ = self.run_main("--only", "repeat")
        self.assertEqual(code, 1)
        self.assertEqual(list(self.outcomes().values()), ["passed", "failed", "failed"])

    def test_what_cannot_run_is_skipped_and_alone_is_no_success(self):
        (self.folder / "bundles/gallery/cases.zip").unlink()
        code, text = self.run_main("--only", "judge,golden", "--suites", "gallery,none")
        self.assertEqual(code, 77)
        self.assertEqual(set(self.outcomes().values()), {"skipped"})
        self.assertIn("has no cases.zip", text)
        self.assertIn("no bundle of `none`", text)
        self.assertIn("give --smollm2", text)

    def test_a_program_that_breaks_fails_with_its_words(self):
        self.bundle("qwen2-reduced", breaks="the GPU is gone")
        code, text = self.run_main("--only", "judge,repeat,bench", "--suites", "qwen2-reduced")
        self.assertEqual(code, 1)
        self.assertEqual(set(self.outcomes().values()), {"failed"})
        self.assertEqual(text.count("error: the GPU is gone"), len(self.records()))

    def test_a_gpu_that_does_not_open_is_skipped(self):
        for group in ("qwen2-reduced", "gallery"):
            self.bundle(group, breaks="cannot open device `cuda`: no NVRTC library is found")
        code, text = self.run_main("--only", "judge,repeat")
        self.assertEqual((code, set(self.outcomes().values())), (77, {"skipped"}), text)
        self.assertIn("no NVRTC library is found", text)

    def test_logits_of_an_earlier_run_are_not_used(self):
        kept = self.folder / "kept"
        words = ("--only", "repeat", "--keep", str(kept), "--steps", "5")
        self.assertEqual(self.run_main(*words)[0], 0)
        (kept / "logits-ours.f32").write_text("of another program")
        self.assertEqual(self.run_main(*words)[0], 0)
        self.assertEqual((kept / "logits-ours.f32").read_text(), "x" * 5)

    def test_each_check_has_its_time(self):
        self.bundle("gallery", sleep=60)
        start = time.monotonic()
        code, text = self.run_main("--only", "judge", "--timeout", "judge=1")
        self.assertLess(time.monotonic() - start, 30)
        self.assertEqual(code, 1)
        self.assertEqual(self.outcomes(), {"judge: gallery": "failed", "judge: qwen2-reduced": "passed"})
        self.assertIn("took too long", text)

    def test_a_run_that_is_over_leaves_what_it_has_and_goes_on(self):
        code, _ = self.run_main("--only", "judge", "--budget", "0")
        self.assertEqual((code, set(self.outcomes().values())), (77, {"skipped"}))
        self.bundle("gallery", failed=1)
        self.run_main("--only", "judge")
        self.bundle("gallery")
        calls = self.folder / "bundles/qwen2-reduced/calls"
        before = calls.read_text()
        code, text = self.run_main("--only", "judge", "--resume")
        self.assertEqual(code, 0, text)
        self.assertEqual(set(self.outcomes().values()), {"passed"})
        self.assertEqual(calls.read_text(), before, "what has passed is not run again")

    def test_unknown_parts_are_refused(self):
        with self.assertRaisesRegex(SystemExit, "no part `jugde`; there are: judge, golden"):
            self.run_main("--only", "jugde")

    def test_the_sanitizer_counts_only_with_a_summary_and_a_result(self):
        from sanitize import sane
        from base import Done

        log = self.folder / "sanitizer.log"
        clean, judged = "========= ERROR SUMMARY: 0 errors\n", "3 passed, 0 failed, 0 skipped\n"
        self.assertEqual(sane(Done(0, clean + judged, ""), "3 passed", log)[0], "ERROR SUMMARY: 0 errors")
        found = "========= RACECHECK SUMMARY: 1 hazard displayed (0 errors, 1 warning)\n"
        none = "========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)\n"
        self.assertIn("0 hazards", sane(Done(0, judged, none), "3 passed", log)[0])
        for done in (Done(99, clean + judged, ""), Done(0, judged, ""), Done(0, clean, ""), Done(0, found + judged, "")):
            with self.assertRaises(Fail):
                sane(done, "3 passed", log)

    def test_a_finding_of_the_sanitizer_names_its_kernel_and_is_kept_whole(self):
        from sanitize import sane
        from base import Done

        log = self.folder / "sanitizer.log"
        race = "========= Warning: Race reported between Write access at softmax(float*)+0x90 in softmax.cu:7"
        more = "=========     and Read access at softmax(float*)+0xa0 in softmax.cu:9 [8 hazards]"
        text = f"{race}\n{more}\n========= RACECHECK SUMMARY: 1 hazard displayed (0 errors, 1 warning)\n"
        with self.assertRaisesRegex(Fail, r"Race reported .*softmax.cu:7; and Read access at .*softmax.cu:9 .*sanitizer.log"):
            sane(Done(99, "3 passed, 0 failed\n", text), "3 passed", log)
        self.assertIn(text, log.read_text())

    def test_a_check_that_raises_has_failed(self):
        args = verify_gpu.arguments().parse_args(["--bundles", str(self.folder / "bundles")])
        args.timeout, args.end = {}, time.monotonic() + 100
        bench = Bench(args, self.folder)

        def run(error):
            def raising(_):
                raise error

            return verify_gpu.attempt(Check("part", "name", 5, raising), bench)

        self.assertEqual(run(Skip("not here"))["outcome"], "skipped")
        self.assertEqual(run(KeyError("results")), dict(part="part", name="name", outcome="failed", said="KeyError: 'results'", seconds=0.0))


if __name__ == "__main__":
    unittest.main()
