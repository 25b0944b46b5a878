"""The training recipe of the image spaces: augmentation, regularisation, optimiser and loss.

It is searched together with the network, because both interact (Zela et al., Towards Automated Deep
Learning: Efficient Joint Neural Architecture and Hyperparameter Search, 2018).
"""
