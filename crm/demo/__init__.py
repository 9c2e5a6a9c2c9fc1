"""The sample company さくら産機 of the pictures, and any number of deals for measuring. Never on a server."""
