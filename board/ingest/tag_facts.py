"""What an event file says of its tags beside their values: a plugin, a name to show, words; with the first value."""

from board.kinds import decode_description, decode_tag
from writer.format.messages import SummaryMetadata
from writer.format.records import Scanner

__all__ = ["descriptions_of", "plugins_of"]


def plugins_of(scanner: Scanner) -> dict[bytes, bytes]:
    """Return the plugin of each tag that has any; while another thread may be reading."""
    said = [(tag, SummaryMetadata.FromString(raw)) for tag, raw in list(scanner.metadata.items())]
    return {scanner.tags[tag]: fact.plugin_data.plugin_name for tag, fact in said if fact.plugin_data.plugin_name}


def descriptions_of(scanner: Scanner, first: int) -> dict[str, tuple[str, str]]:
    """Return display name and Markdown of each tag that has any, but for the ``first`` that it says anything of."""
    metadata = scanner.metadata
    if len(metadata) == first:
        return {}
    found = {decode_tag(scanner.tags[tag]): decode_description(metadata[tag]) for tag in list(metadata)[first:]}
    return {tag: described for tag, described in found.items() if described != ("", "")}
