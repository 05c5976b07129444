"""Bad input, numbered, as one table: how it is made, and what a reader has to make of it.

``CASES`` is the table; ``ELSEWHERE`` names the tests of the numbers that are no input of the read path alone. Together
they are complete: numbers 1 to 40 are about frames, 41 to 71 about messages, 72 to 85 about media, 86 to 100 about file
systems.
"""

from tests.board.robustness_cases_files import FILES
from tests.board.robustness_cases_framing import FRAMING
from tests.board.robustness_cases_messages import MESSAGES
from tests.board.robustness_reading import Case

__all__ = ["CASES", "ELSEWHERE"]

CASES: list[Case] = [*FRAMING, *MESSAGES, *FILES]

ELSEWHERE = {  # number -> the test that has it, below this folder; None: of a part that there is not yet
    72: "web/test_image_types.py::test_anything_else_is_only_bytes",
    73: "web/test_image_types.py::test_cut_anywhere_it_is_known_or_not_but_never_an_error",
    74: "web/test_image_types.py::test_cut_anywhere_it_is_known_or_not_but_never_an_error",
    75: "web/test_image_types.py::test_what_unfolds_too_far_is_told_by_the_header",
    76: "web/test_blobs.py::test_a_bomb_is_described_not_sent",
    77: "web/test_image_types.py::test_what_unfolds_too_far_is_told_by_the_header",
    78: "web/test_blobs.py::test_what_is_no_picture_is_only_ever_saved",
    79: "web/test_blobs.py::test_what_is_no_picture_is_only_ever_saved",
    80: "web/test_image_types.py::test_type_and_size_are_read",
    81: None,  # no page plays audio yet
    82: None,  # no page plays video yet
    83: "web/test_blobs.py::test_texts_are_sent_as_written_and_rendered_harmless",
    84: "web/test_blobs.py::test_texts_are_sent_as_written_and_rendered_harmless",
    85: None,  # no page shows meshes or embeddings yet
    92: "test_event_reader.py::test_a_file_that_may_not_be_read_is_said_and_read_as_soon_as_it_may",
    95: "test_event_reader.py::test_a_file_that_becomes_a_folder_keeps_its_points",
    97: "test_logs.py::test_a_read_that_runs_out_of_time_is_finished_later",
}
