"""Official catalogues and regions, and the demo city: plain rows, checked before they are used."""
