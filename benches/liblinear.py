"""Fits the matrix of `cargo bench --bench train -- FILE` with scikit-learn's liblinear and lbfgs: seconds and objective.

liblinear penalises its bias; with a large `intercept_scaling` the bias is as good as free, as it is in demarche.
"""
import os
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import sys, time
import numpy as np
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import LogisticRegression

x, y = load_svmlight_file(sys.argv[1])
x.indices, x.indptr = x.indices.astype(np.int32), x.indptr.astype(np.int32)
s = 2 * y - 1


def objective(w, b):
    z = s * (x @ w + b)
    return 0.5 * w @ w + np.logaddexp(0, -z).sum()


for name, options in [("liblinear", dict(solver="liblinear", intercept_scaling=100.0)), ("lbfgs", dict(solver="lbfgs", max_iter=1000))]:
    for tolerance in [1e-2, 1e-3, 1e-4, 1e-6]:
        start = time.perf_counter()
        fitted = LogisticRegression(C=1.0, tol=tolerance, **options).fit(x, y)
        seconds = time.perf_counter() - start
        print(f"{name} tol {tolerance:g}: {seconds:.3f} s, objective {objective(fitted.coef_[0], fitted.intercept_[0]):.6f}")
