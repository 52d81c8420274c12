-- Planets as many players ask for them, a few often and most seldom, for wrk; by default 500 of them, the rank's share
-- falling as 1/rank (Zipf's law). Every run asks for the same ones in the same order.
--   wrk --threads 1 --connections 16 --duration 10s --script tests/load/again.lua http://127.0.0.1:8000 -- dcgan_v1_64 1 500 7
-- After the -- come the model, its version, how many planets there are, and the first one's seed. The last line is JSON.
function init(arguments)
  model, version = arguments[1], arguments[2]
  planets, first = tonumber(arguments[3] or "500"), tonumber(arguments[4] or "0")
  shares = {}
  local sum = 0
  for rank = 1, planets do
    sum = sum + 1 / rank
    shares[rank] = sum
  end
  math.randomseed(first)
  hits, gateway_hits, failed = 0, 0, 0
end

-- The first rank whose share, and those before it, reach a random number.
local function rank()
  local wanted = math.random() * shares[planets]
  local low, high = 1, planets
  while low < high do
    local middle = math.floor((low + high) / 2)
    if shares[middle] < wanted then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

function request()
  local path = string.format("/v1/planets/%d.webp?model=%s&version=%s", first + rank(), model, version)
  return wrk.format("GET", path)
end

function response(status, headers)
  if status ~= 200 then
    failed = failed + 1
  end
  for name, value in pairs(headers) do
    local lower = name:lower()
    if lower == "cache-status" and value:find("; hit", 1, true) then
      hits = hits + 1
    elseif lower == "server-timing" and value:find("cache;desc=hit", 1, true) then
      gateway_hits = gateway_hits + 1
    end
  end
end

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function done(summary, latency)
  local kept, of_gateway, lost = 0, 0, 0
  for _, thread in ipairs(threads) do
    kept, of_gateway, lost = kept + thread:get("hits"), of_gateway + thread:get("gateway_hits"), lost + thread:get("failed")
  end
  local errors = summary.errors
  lost = lost + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('{"seconds": %.3f, "answers": %d, "hits": %d, "gateway_hits": %d, "failed": %d, ',
    summary.duration / 1e6, summary.requests, kept, of_gateway, lost))
  io.write(string.format('"p50_ms": %.3f, "p99_ms": %.3f}\n', latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
