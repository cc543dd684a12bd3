//! Without the watch over bytes a missing flag still shows: under some schedule the numbers are wrong.

use emulator::{Arg, Checks, FaultKind, Language};

use crate::harness::{COMPUTED, LOADED, SEEDS, ascendc, compile, input, launch, numbered, out, random};
use crate::sound::{norm, product};

#[test]
fn what_is_put_off_shows_missing_order() {
    let body = |load: &str, barrier: &str, store: &str| {
        ascendc(
            "float",
            &format!(
                "LocalTensor<float> a(TPosition::VECCALC, 0, 64), b(TPosition::VECCALC, 256, 64);\n\
                 for (uint32_t i = 0; i < 4; ++i) {{\nDataCopy(a, gx[i * 64], 64);\n{load}\nMuls(b, a, 2.0f, 64);\n{barrier}\nAdds(b, b, 1.0f, 64);\n\
                 {store}\nDataCopy(gy[i * 64], b, 64);\nPipeBarrier<PIPE_ALL>();\n}}"
            ),
        )
    };
    let x: Vec<f32> = (0..256).map(|index| index as f32).collect();
    let right: Vec<f32> = x.iter().map(|x| 2.0 * x + 1.0).collect();
    let run = |source: &str, seed: u64| {
        let mut y = vec![0.0_f32; 256];
        let program = compile(Language::AscendC, source, Checks::Barriers)?;
        launch(&program, 1, &[input(&x), out(&mut y), Arg::U32(0)], seed).expect("nothing is watched");
        Some(y == right)
    };
    let barrier = "PipeBarrier<PIPE_V>();";
    for seed in SEEDS {
        assert!(run(&body(LOADED, barrier, COMPUTED), seed).unwrap_or(true), "seed {seed}");
    }
    for wrong in [body("", barrier, COMPUTED), body(LOADED, "", COMPUTED), body(LOADED, barrier, "")] {
        let results: Vec<Option<bool>> = SEEDS.iter().map(|seed| run(&wrong, *seed)).collect();
        assert!(results.iter().any(|right| *right != Some(true)), "no schedule shows it:\n{wrong}");
        assert_ne!(results[1], Some(true), "as late as possible:\n{wrong}");
    }
}

/// A text without one of its barriers or pairs of flags, for each of them.
fn damaged(source: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut remove = |at: usize, len: usize| texts.push(format!("{}{}", &source[..at], &source[at + len..]));
    for barrier in ["PipeBarrier<PIPE_V>();", LOADED, COMPUTED] {
        source.match_indices(barrier).for_each(|(at, text)| remove(at, text.len()));
    }
    for pair in ["V_S", "S_V"] {
        let flags = format!("SetFlag<HardEvent::{pair}>(0); WaitFlag<HardEvent::{pair}>(0);");
        source.match_indices(&flags).for_each(|(at, text)| remove(at, text.len()));
    }
    texts
}

#[test]
fn every_barrier_and_flag_is_missed() {
    let x = random(256 * 65, 3);
    let mut y = vec![0.0_f32; 1536];
    let args = [input(&x[..]), out(&mut y), Arg::U32(0)];
    for (source, blocks, least) in [(norm(), 1, 9), (product(), 4, 4)] {
        let texts = damaged(&source);
        assert!(texts.len() >= least, "{} places", texts.len());
        for text in texts {
            let Some(program) = compile(Language::AscendC, &text, Checks::Memory) else { return };
            for seed in SEEDS {
                let fault = launch(&program, blocks, &args, seed).expect_err(&numbered(&text));
                assert_eq!(fault.kind, FaultKind::Hazard, "{fault}\n{}", numbered(&text));
            }
        }
    }
}
