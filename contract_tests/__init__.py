"""The contract suite: holds any gateway, mock or real, against spec/ and names what is wrong.

Point it at a gateway with `tyk-contract verify URL`, or with pytest itself:
`pytest --pyargs contract_tests --gateway-url URL`, the secret in TYK_GW_SECRET.
"""
