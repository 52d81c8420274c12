-- Planets whose seeds never repeat, for wrk, of any server:
--   wrk ... --script tests/benchmarks/peers/peers.lua URL -- METHOD PATH [BODY]
-- where %d in the path or in the body of JSON is the seed. The last line is what was found, as JSON.
local starts, threads = 0, {}

function setup(thread)
  thread:set("first", starts)
  starts = starts + 1
  threads[#threads + 1] = thread
end

function init(arguments)
  method, path, body = arguments[1], arguments[2], arguments[3]
  -- Each thread of each run counts from a place of its own, so that no cache has its planets.
  seed = (os.time() % 1000000) * 100000000 + first * 10000000
end

local function filled(text)
  return text and (text:gsub("%%d", string.format("%d", seed)))
end

function request()
  seed = seed + 1
  return wrk.format(method, filled(path), body and { ["Content-Type"] = "application/json" }, filled(body))
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.timeout + errors.connect + errors.read + errors.write
  io.write(string.format('{"seconds": %.3f, "planets": %d, "failed": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.duration / 1e6, summary.requests - errors.status, failed, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000))
end
