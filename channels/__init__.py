"""How the world reaches callwright: telephones, and later mail, chat and messages."""
