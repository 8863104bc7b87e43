"""Many hosts behind one proxy: which of them outlier detection ejects, and where their traffic goes.

`settings.py` is what Envoy's and Istio's users write, `detector.py` is the detection, `fleet.py` runs traffic
through a balancer over the hosts that are left.
"""
