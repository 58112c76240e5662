"""Photos as tests send them."""

from tests.uploaded_files.made import PNG


def send_photo(party, listing, content=PNG, media_type="image/png"):
    return party.call("POST", f"/listings/{listing['id']}/photos", data=content, content_type=media_type)
