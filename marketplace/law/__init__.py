"""The legal bases that sentences, gates and credit events cite, each with its validity and its successor."""
