from board.store.recent import Recent


def test_what_was_not_asked_for_longest_goes_first() -> None:
    recent = Recent(limit_bytes=100)
    recent.keep("a", 1, 40)
    recent.keep("b", 2, 40)
    assert recent.find("a") == 1
    recent.keep("c", 3, 40)
    assert (recent.find("a"), recent.find("b"), recent.find("c")) == (1, None, 3)
    assert recent.held_bytes == 80


def test_a_value_that_is_taken_or_replaced_counts_no_longer() -> None:
    recent = Recent(limit_bytes=100)
    recent.keep("a", 1, 60)
    recent.keep("a", 2, 30)
    assert recent.held_bytes == 30
    assert recent.take("a") == 2
    assert recent.take("a") is None
    assert recent.held_bytes == 0


def test_a_value_over_the_limit_is_not_held_and_drives_nothing_out() -> None:
    recent = Recent(limit_bytes=10)
    recent.keep("small", 1, 5)
    recent.keep("large", 2, 11)
    assert (recent.find("small"), recent.find("large")) == (1, None)
    assert recent.held_bytes == 5
