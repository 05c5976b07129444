"""Small pictures of arrays, for add_image."""

import torch

RED_BLUE = ((200, 30, 30), (255, 255, 255), (30, 60, 200))
ORANGE_BLUE = ((217, 121, 46), (243, 241, 236), (52, 122, 168))


def diverging(values: torch.Tensor, colors: tuple[tuple[int, ...], ...]) -> torch.Tensor:
    """Pictures (n, 3, h, w) of values (n, h, w) in -1..1; colors are those of -1, of 0 and of 1."""
    v = values.clamp(-1, 1)[:, None]
    low, middle, high = (torch.tensor(color).reshape(1, 3, 1, 1) / 255 for color in colors)
    return torch.where(v > 0, middle + v * (high - middle), middle - v * (low - middle))


def tile(pictures: torch.Tensor, scale: int = 1) -> torch.Tensor:
    """One picture (c, H, W) of many (n, c, h, w), in rows of ten, each pixel drawn scale x scale."""
    pictures = pictures.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    n, c, h, w = pictures.shape
    columns = min(n, 10)
    rows = -(-n // columns)
    sheet = torch.full((rows * columns, c, h + 2, w + 2), 0.5)
    sheet[:n, :, 1:-1, 1:-1] = pictures
    return sheet.reshape(rows, columns, c, h + 2, w + 2).permute(2, 0, 3, 1, 4).reshape(c, rows * (h + 2), -1)
