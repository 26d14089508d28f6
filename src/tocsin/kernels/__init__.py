"""Arrays in, arrays out: scalar Numba kernels (jit.py) for geodesy, gravity, air, flight and sensors. No messages, no input or output here.

Every kernel also runs as plain Python with the same bits (``TOCSIN_JIT=0``); the frame is earth-centred, earth-fixed.
"""
