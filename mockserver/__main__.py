"""`python -m mockserver` is `tyk-contract`."""

from mockserver.cli.main import main

if __name__ == "__main__":
    main()
