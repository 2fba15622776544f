from ui.messages import Message
from ui.thread.tree import MessageTree


def message(message_id: str, parent_id: str | None) -> Message:
    return Message(message_id, parent_id, "user")


def tree(*pairs: tuple[str, str | None]) -> MessageTree:
    grown = MessageTree()
    for message_id, parent_id in pairs:
        grown.add(message(message_id, parent_id))
    return grown


def ids(grown: MessageTree) -> list[str]:
    return [each.message_id for each in grown.path]


def chosen(grown: MessageTree, message_id: str) -> list[str]:
    found = grown.get(message_id)
    assert found
    grown.choose(found)
    return ids(grown)


FORKED = (("q", None), ("a", "q"), ("b", "q"), ("a2", "a"), ("b2", "b"), ("b3", "b"))


def test_without_a_choice_the_last_of_siblings_is_shown() -> None:
    assert ids(tree(*FORKED)) == ["q", "b", "b3"]
    assert ids(tree()) == []


def test_a_choice_leads_through_the_message_and_back_to_where_it_was_left() -> None:
    grown = tree(*FORKED)
    assert chosen(grown, "b2") == ["q", "b", "b2"]
    assert chosen(grown, "a") == ["q", "a", "a2"]
    assert chosen(grown, "b") == ["q", "b", "b2"]


def test_what_is_added_below_the_leaf_is_shown_and_beside_it_only_unless_pinned() -> None:
    grown = tree(("q", None), ("a", "q"))
    grown.pin()
    grown.add(message("b", "q"))
    grown.add(message("a2", "a"))
    assert ids(grown) == ["q", "a", "a2"]
    assert [sibling.message_id for sibling in grown.children("q")] == ["a", "b"]


def test_a_replaced_message_keeps_its_place_and_its_children() -> None:
    grown = tree(*FORKED)
    chosen(grown, "a2")
    other = message("a", "q")
    grown.replace(grown.path[1], other)
    assert ids(grown) == ["q", "a", "a2"]
    assert grown.path[1] is other
    assert [sibling.message_id for sibling in grown.children("q")] == ["a", "b"]
