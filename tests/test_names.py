from tests.names import defined_twice

AT_MOST = 3  # may only fall; 0 is the aim


def test_no_more_names_are_defined_in_two_modules():
    twice = defined_twice()
    assert len(twice) <= AT_MOST, twice
