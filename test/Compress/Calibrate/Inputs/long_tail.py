"""Print a function whose argument has the statistics of a long tail: 1,024 bins over [0, 16)."""

import math

bins = [round(1e5 * math.exp(-i / 60)) for i in range(1024)]
bins[-1] = 1
print(f"""
func.func @f(%x: tensor<4xf32> {{nnq.stats = #nnq.tensor_stats<min = 0.0, max = 15.99, mean = 1.0,
    second_moment = 2.0, count = {sum(bins)}, histogram = {bins}>}}) -> tensor<4xf32> {{
  return %x : tensor<4xf32>
}}""")
