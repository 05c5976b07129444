"""A training of several ranks, as torchrun starts it: a program of ``test_launchers``.

torchrun --nproc-per-node 2 tests/writer/launched.py [FOLDER]
"""

import sys

import torch
import torch.distributed

from writer import SummaryWriter


def main() -> None:
    """Average a number over the ranks, and log it from each of them."""
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    with SummaryWriter(*sys.argv[1:], comment="_launched") as log:
        for step in range(50):
            value = torch.tensor(float(rank + step))
            torch.distributed.all_reduce(value)
            log.add_scalar("sum", value, step)
            log.add_scalar(f"rank{rank}", rank, step)
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
