from tests.names import defined_twice


def test_no_name_is_defined_in_two_modules():
    assert defined_twice() == {}
