"""Tests of the protocol, of what is parsed, written and printed: `python3 -m unittest test_peers` in this folder.

They need no GPU and no torch; those of the GGUF file's data need NumPy.
"""

import argparse
import contextlib
import importlib.util
import io
import json
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import common
import gguf_file
import llama_cpp
import run_all
import synthetic

HERE = Path(__file__).resolve().parent
SMALL = synthetic.config("qwen2-reduced")
HAS_NUMPY = importlib.util.find_spec("numpy") is not None


def options(**changes):
    values = dict(
        model="synthetic:qwen2-reduced", contexts=[4, 8], tokens=3, runs=2, warmup=1, seed=0, dtype="bf16", device="cpu",
        json=None, timeout=60.0,
    )  # fmt: skip
    return argparse.Namespace(**{**values, **changes})


class Counting:
    """A peer whose token n is n after the prompt's length; each step takes as many seconds as `seconds` says."""

    def __init__(self, seconds):
        self.now, self.seconds, self.prompts = 0.0, iter(seconds), []

    def clock(self):
        return self.now

    def reset(self, prompt):
        self.prompts.append(prompt)
        self.now += 1000.0  # prefill is not timed
        return len(prompt)

    def step(self, token):
        self.now += next(self.seconds)
        return token + 1


class Protocol(unittest.TestCase):
    def test_contexts(self):
        self.assertEqual(common.numbers("1024,128,128"), [128, 1024])
        for bad in ("0", "128,", "many"):
            with self.assertRaises((argparse.ArgumentTypeError, ValueError)):
                common.numbers(bad)

    def test_prompt(self):
        self.assertEqual(common.prompt(4, 1009), [13, 869, 716, 563])  # crates/decode/src/bench/context.rs has the same
        self.assertEqual(common.prompt(1, 1009, 5), [18])

    def test_percentiles(self):
        self.assertEqual([common.percentile([5, 1, 4, 2, 3], share) for share in (0.1, 0.5, 0.9)], [1, 3, 5])
        self.assertEqual(common.percentile(list(range(100)), 0.9), 89)

    def test_only_steps_after_the_warm_up_are_timed(self):
        peer = Counting([9, 9, 9, 1, 2, 3, 4, 5, 6])
        result = common.measure(peer, options(), SMALL, 4, peer.clock)
        self.assertEqual(result["samples_ms"], [1000, 2000, 3000, 4000, 5000, 6000])
        self.assertEqual(result["ms_per_token"], dict(median=3500, p10=2000, p90=6000))
        self.assertEqual(result["rates"], [3 / 6, 3 / 15])
        self.assertEqual(result["first_tokens"], [4, 5, 6, 7])
        self.assertTrue(result["same_tokens"])
        self.assertEqual(peer.prompts, [common.prompt(4, SMALL.vocab)] * 3)

    def test_the_devices_clock_runs_beside_the_hosts(self):
        peer, marks = Counting([1] * 9), []

        def mark():
            marks.append(peer.now)
            return marks[-1]

        with mock.patch.object(common, "between", lambda start, end: (end - start) * 1e3):
            result = common.measure(peer, options(), SMALL, 4, peer.clock, mark)
        self.assertEqual(result["device_samples_ms"], [1000, 1000])
        self.assertEqual(result["device_ms_per_token"]["median"], 1000)
        other = Counting([1] * 9)
        plain = common.measure(other, options(), SMALL, 4, other.clock)
        self.assertEqual((plain["device_ms_per_token"], plain["device_samples_ms"]), (None, []))

    def test_other_tokens_are_noticed(self):
        peer = Counting([1] * 9)
        peer.step = lambda token, numbers=iter(range(9)): next(numbers)
        with contextlib.redirect_stderr(io.StringIO()) as notes:
            peer.seconds, clock = iter([]), iter(range(100))
            result = common.measure(peer, options(), SMALL, 4, lambda: float(next(clock)))
        self.assertFalse(result["same_tokens"])
        self.assertIn("different tokens", notes.getvalue())

    def test_bytes_of_the_large_model(self):
        config = synthetic.config("deepseek-r1-distill-qwen-1.5b")
        read = common.bytes_per_token(config, 1024, 1, 2)
        self.assertAlmostEqual(read["weights"] / 1e9, 3.087, places=3)
        self.assertEqual(read["cache"], 28_672 * 1025)
        self.assertEqual(read["total"], read["weights"] + read["cache"])

    def test_a_tied_head_is_read(self):
        config = synthetic.config("smollm2-135m")
        self.assertGreater(common.bytes_per_token(config, 1, 1, 2)["weights"], 2 * config.vocab * config.hidden)


class Scripts(unittest.TestCase):
    def test_all_are_python(self):
        for path in HERE.glob("*.py"):
            compile(path.read_text(), str(path), "exec")

    def test_llama_bench_missing(self):
        command = [sys.executable, str(HERE / "llama_cpp.py"), "--llama-bench", "/no/such/llama-bench"]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("/no/such/llama-bench does not run", json.loads(done.stdout)["skipped"])
        self.assertIn("SKIPPED: llama.cpp", done.stderr)


class LlamaBench(unittest.TestCase):
    TEXT = json.dumps(
        [
            dict(n_prompt=16, n_gen=0, n_depth=0, samples_ns=[1]),
            dict(n_prompt=0, n_gen=3, n_depth=8, samples_ns=[6_000_000, 3_000_000]),
            dict(n_prompt=0, n_gen=3, n_depth=4, samples_ns=[3_000_000]),
        ]
    )

    def test_command(self):
        words = llama_cpp.command("llama-bench", Path("m.gguf"), options(device="cuda"), "on")
        self.assertEqual(words[words.index("-fa") + 1], "on")
        self.assertEqual(words[words.index("-d") + 1], "4,8")
        self.assertEqual(words[words.index("-ngl") + 1], "99")
        self.assertEqual(words[words.index("-n") + 1], "3")

    def program(self, folder, help_text):
        """A llama-bench that has this help, wants what it says, and gives the results above."""
        path = Path(folder) / "llama-bench"
        attention = "on" if "<on|off" in help_text else "1"
        path.write_text(
            f"#!{sys.executable}\nimport sys\n"
            f"if '--help' in sys.argv: sys.exit({help_text!r})\n"
            f"assert sys.argv[sys.argv.index('-fa') + 1] == {attention!r}\n"
            f"assert open(sys.argv[sys.argv.index('-m') + 1], 'rb').read(4) == b'GGUF'\n"
            f"print({self.TEXT!r})\n"
        )
        path.chmod(0o755)
        return str(path)

    @unittest.skipUnless(HAS_NUMPY, "NumPy is not here")
    def test_the_script_writes_the_model_and_reads_the_results(self):
        for help_text in ("-fa, --flash-attn <0|1>", "-fa, --flash-attn <on|off|auto>"):
            with tempfile.TemporaryDirectory() as folder:
                json_file = Path(folder) / "result.json"
                command = [sys.executable, str(HERE / "llama_cpp.py"), "--model", "synthetic:qwen2-reduced"]
                command += ["--contexts", "4,8", "--tokens", "3", "--device", "cpu", "--json", str(json_file)]
                command += ["--llama-bench", self.program(folder, help_text)]
                done = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                result = json.loads(json_file.read_text())
                self.assertEqual([row["context"] for row in result["results"]], [4, 8])

    def test_how_flash_attention_is_spelled(self):
        for help_text, expected in (("-fa, --flash-attn <0|1>", "1"), ("-fa, --flash-attn <on|off|auto>", "on")):
            with tempfile.TemporaryDirectory() as folder:
                self.assertEqual(llama_cpp.flash_attention(self.program(folder, help_text)), expected)

    def test_results(self):
        first, second = llama_cpp.results(self.TEXT, options(), SMALL)
        self.assertEqual((first["context"], first["samples_ms"]), (4, [1.0]))
        self.assertEqual((second["context"], second["samples_ms"]), (8, [2.0, 1.0]))
        self.assertEqual(second["tok_s_of_median"], 1e3 / 1.5)
        self.assertEqual(second["tok_s"], 750.0)

    def test_a_context_without_result(self):
        with self.assertRaisesRegex(ValueError, "12"):
            llama_cpp.results(self.TEXT, options(contexts=[4, 12]), SMALL)


class Gguf(unittest.TestCase):
    def test_names(self):
        self.assertEqual(gguf_file.tensor_name("model.layers.11.self_attn.q_proj.bias"), "blk.11.attn_q.bias")
        for name in ("deepseek-r1-distill-qwen-1.5b", "smollm2-135m", "qwen2-reduced"):
            names = [gguf_file.tensor_name(tensor) for tensor in synthetic.shapes(synthetic.config(name))]
            self.assertEqual(len(set(names)), len(names))

    def test_header(self):
        start, tensors = gguf_file.header(SMALL, "small")
        self.assertEqual(struct.unpack_from("<4sI", start), (b"GGUF", 3))
        self.assertEqual(len(start) % gguf_file.ALIGNMENT, 0)
        self.assertEqual({kind for name, kind, _ in tensors if name.endswith("norm.weight")}, {gguf_file.F32})
        self.assertEqual(dict((n, s) for n, _, s in tensors)["lm_head.weight"], 1009 * 93 * 2)

    def test_rows_of_a_llama_are_dealt_out(self):
        config = synthetic.Config("llama", 8, 1, 2, 1, 4, 8, 16, 16, 1e-5, 1e4, True)
        self.assertEqual(gguf_file.row_order(config, "model.layers.0.self_attn.q_proj.weight"), [0, 2, 1, 3, 4, 6, 5, 7])
        self.assertEqual(gguf_file.row_order(config, "model.layers.0.self_attn.k_proj.weight"), [0, 2, 1, 3])
        for kept in ("self_attn.v_proj.weight", "mlp.up_proj.weight"):
            self.assertIsNone(gguf_file.row_order(config, f"model.layers.0.{kept}"))
        self.assertIsNone(gguf_file.row_order(SMALL, "model.layers.0.self_attn.q_proj.weight"))

    @unittest.skipUnless(HAS_NUMPY, "NumPy is not here")
    def test_data(self):
        config = synthetic.Config("llama", 8, 1, 2, 1, 4, 8, 16, 16, 1e-5, 1e4, True)
        name = "model.layers.0.self_attn.k_proj.weight"
        rows = synthetic.numpy_bits(config, name, 0, 32).reshape(4, 8)
        packed = gguf_file.numpy_data(config, name, gguf_file.BF16, gguf_file.row_order(config, name))
        self.assertEqual(packed, rows[[0, 2, 1, 3]].tobytes())
        norm = gguf_file.numpy_data(config, "model.norm.weight", gguf_file.F32, None)
        wide = synthetic.numpy_bits(config, "model.norm.weight", 0, 8)
        self.assertEqual(norm, b"".join(struct.pack("<HH", 0, int(bits)) for bits in wide))


# A program of the protocol that says what it was asked for.
FAKE = """
import json, sys
option = lambda name: sys.argv[sys.argv.index(name) + 1]
print("warming up")
contexts = [int(word) for word in option("--contexts").split(",")]
total = dict(weights=1_000_000, cache=0, total=1_000_000)
results = [dict(context=context, tokens=3, tok_s=1.0, bytes_per_token=total, samples_ms=[SPEED, SPEED * 3]) for context in contexts]
for row in results: row["device_samples_ms"] = [SPEED, SPEED]
result = dict(peer="fake", results=results, model=option("--model"), read_ceiling=dict(gb_per_s=2.0))
open(option("--json"), "w").write(json.dumps(result))
"""


class Together(unittest.TestCase):
    def fake(self, name, speed, **more):
        return run_all.Arm(name, [sys.executable, "-c", FAKE.replace("SPEED", str(speed))], **more)

    def run_main(self, arms, own, *more):
        with tempfile.TemporaryDirectory() as folder:
            file, markdown = Path(folder) / "all.json", Path(folder) / "all.md"
            argv = ["--contexts", "8,4", "--device", "cpu", "--json", str(file), "--markdown", str(markdown), *more]
            out, log = io.StringIO(), io.StringIO()
            with (
                mock.patch.object(run_all, "tenfold_arms", lambda args: own),
                mock.patch.object(run_all, "peer_arms", lambda args: arms),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(log),
            ):
                code = run_all.main(argv)
            self.assertEqual(out.getvalue(), markdown.read_text())
            return code, json.loads(file.read_text()), out.getvalue(), log.getvalue()

    def test_rounds_alternate_and_add_up(self):
        arms = [self.fake("slow", 4.0), self.fake("none", 1.0, needs=("no_such_module",))]
        code, record, text, log = self.run_main(arms, [self.fake("tenfold", 1.0)], "--rounds", "2")
        self.assertEqual(code, 0, log)
        starts = [line.split(": ")[1] for line in log.splitlines()]
        self.assertEqual(starts, ["tenfold", "slow", "none", "slow", "tenfold"])
        ours, slow, none = record["peers"]
        self.assertEqual([result["context"] for result in ours["results"]], [4, 8])
        self.assertEqual(ours["results"][0]["samples_ms"], [1.0, 3.0, 1.0, 3.0])
        self.assertEqual(slow["results"][0]["ms_per_token"], dict(median=8.0, p10=4.0, p90=12.0))
        self.assertEqual(none["skipped"], "Python has no no_such_module")
        rows = [line for line in text.splitlines() if line.startswith("| 4 ")]
        self.assertEqual(rows[0], "| 4 | tenfold | 2.0000 | 1.0000 | 3.0000 | 1.0000 | 500.0 | 0.5 | 25.0% |  |")
        self.assertEqual(rows[1], "| 4 | slow | 8.0000 | 4.0000 | 12.0000 | 4.0000 | 125.0 | 0.1 | 6.2% | 4.00x |")
        self.assertIn("skipped: none: Python has no no_such_module", text)

    def test_what_fails_is_told_and_not_tried_again(self):
        broken = run_all.Arm("broken", [sys.executable, "-c", "import sys; sys.exit('error: no such thing')"])
        silent = run_all.Arm("silent", [sys.executable, "-c", "pass"])
        absent = run_all.Arm("absent", ["/no/such/program"])
        closed = run_all.Arm("tenfold", [sys.executable, "-c", "import sys; sys.exit('error: cannot open device `cuda`: x')"])
        code, record, text, log = self.run_main([broken, silent, absent], [closed])
        self.assertEqual(code, 1)
        self.assertEqual(len(log.splitlines()), 4)
        self.assertIn("failed: broken: no such thing", text)
        self.assertIn("failed: silent: it wrote no result", text)
        self.assertIn("failed: absent: it does not start", text)
        self.assertIn("skipped: tenfold: cannot open device `cuda`: x", text)
        self.assertTrue(all("results" not in peer for peer in record["peers"]))

    def test_time_limit(self):
        sleeping = run_all.Arm("sleeping", [sys.executable, "-c", "import time; time.sleep(60)"])
        self.assertIn("longer than 0.2 s", run_all.run(sleeping, options(timeout=0.2))["failed"])

    def test_arms_of_tenfold(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "manifest.json").write_text("{}")
            common_words = ["--tenfold", sys.executable, "--bundle", folder]
            args = run_all.arguments().parse_args([*common_words, "--arm", "a", "--arm", "b=--threads 2"])
            first, second = run_all.tenfold_arms(args)
            self.assertEqual((first.name, first.missing, second.name), ("a", None, "b"))
            self.assertEqual(second.command[-2:], ["--threads", "2"])
            args = run_all.arguments().parse_args(common_words)
            ways = run_all.tenfold_arms(args)
            self.assertEqual(len({tuple(arm.command) for arm in ways}), 4)
            self.assertEqual(ways[3].command[-2:], ["--ahead", "0"])
            args = run_all.arguments().parse_args(["--tenfold", sys.executable])
            self.assertIn("--bundle DIR", run_all.tenfold_arms(args)[0].missing)
            args = run_all.arguments().parse_args(["--tenfold", "/no/such/program", "--bundle", folder])
            self.assertIn("--tenfold PROGRAM", run_all.tenfold_arms(args)[0].missing)


if __name__ == "__main__":
    unittest.main()
