"""Write sample_logs/ anew: the talk's two models with three seeds each, and one playground run (`make samples`)."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "sample_logs"


def main() -> None:
    for run in ("mnist", "playground"):
        shutil.rmtree(TARGET / run, ignore_errors=True)
    for seed in range(3):
        train("train_mnist.py", f"mnist/softmax/seed{seed}", f"--model=softmax --every=100 --seed={seed}")
        train("train_mnist.py", f"mnist/cnn/seed{seed}", f"--model=cnn --steps=1500 --every=150 --seed={seed}")
    train(
        "playground.py",
        "playground/spiral",
        "--data=spiral --features=x,y,sinx,siny --hidden=8,4 --steps=4000 --every=160",
    )
    size = sum(path.stat().st_size for path in TARGET.rglob("*.tfevents.*"))
    print(f"sample_logs: {size / 1e6:.1f} MB")


def train(script: str, run: str, options: str) -> None:
    print(run, flush=True)
    # From examples/, so that the source lines kept in the graphs are relative.
    subprocess.run([sys.executable, script, *options.split(), "--log-dir", TARGET / run], cwd=HERE, check=True)


if __name__ == "__main__":
    main()
