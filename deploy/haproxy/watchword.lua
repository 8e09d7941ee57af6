-- Asks Watchword about a request: may it pass, and whose is it? HAProxy 2.6 has no way of its own to ask, so this one does.
--
--   setenv WATCHWORD_QUESTION http://127.0.0.1:8081/forward-auth
--   setenv WATCHWORD_DOOR accounts.example.com
--   lua-load /etc/haproxy/watchword.lua
--   …
--   http-request lua.watchword
--
-- or lua.watchword_readers, for what frozen holders may enter: those come with Watchword-Read-Only.
--
-- Sets txn.watchword to "let_in", "nobody", "refused" or "no_answer", and txn.watchword_location where a person is to sign
-- in. Whatever goes wrong here, the variable never says "let_in": the configuration lets in nothing else.

local address, door = os.getenv("WATCHWORD_QUESTION"), os.getenv("WATCHWORD_DOOR")

local IDENTITY = { "watchword-account", "watchword-session", "watchword-aal", "watchword-assertion" }
local PATIENCE = 5000 -- milliseconds
local LONGEST_COOKIES = 12 * 1024

-- HAProxy counts the values of a header from 0 on.
local function values(headers, name)
    local found = {}
    local index = 0
    while headers[name] ~= nil and headers[name][index] ~= nil do
        found[#found + 1] = headers[name][index]
        index = index + 1
    end
    return found
end

local function only(headers, name)
    local found = values(headers, name)
    if #found ~= 1 then
        return nil
    end
    return found[1]
end

-- The question is written anew: nothing of the client's reaches it but its cookies and what says whether a person looks.
local function question(txn, headers)
    local asked = {
        ["host"] = { door },
        ["x-forwarded-for"] = { txn.f:src() },
        ["x-forwarded-proto"] = { "https" },
        ["x-forwarded-host"] = { only(headers, "host") },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { txn.f:pathq() },
    }
    local cookies = table.concat(values(headers, "cookie"), "; ")
    if #cookies > LONGEST_COOKIES then
        return nil
    end
    if cookies ~= "" then
        asked["cookie"] = { cookies }
    end
    for _, name in ipairs({ "accept", "sec-fetch-mode" }) do
        local value = only(headers, name)
        if value ~= nil then
            asked[name] = { value }
        end
    end
    return asked
end

-- All names that an application could read as one of ours: other letters than these often become an underscore there.
local function forget(txn, headers)
    for name, _ in pairs(headers) do
        if string.sub(string.gsub(string.lower(name), "[^a-z0-9]", "-"), 1, 9) == "watchword" then
            txn.http:req_del_header(name)
        end
    end
    txn.http:req_del_header("cookie")
end

local function let_in(txn, answered)
    for _, name in ipairs(IDENTITY) do
        local value = only(answered, name)
        if value == nil or value == "" then
            return false
        end
        txn.http:req_set_header(name, value)
    end
    local reads = only(answered, "watchword-read-only")
    if reads ~= nil and reads ~= "" then
        txn.http:req_set_header("watchword-read-only", reads)
    end
    local cookies = only(answered, "watchword-cookie")
    if cookies ~= nil and cookies ~= "" then
        txn.http:req_set_header("cookie", cookies)
    end
    return true
end

local function ask(txn, where)
    local headers = txn.http:req_get_headers()
    local asked = question(txn, headers)
    forget(txn, headers)
    if asked == nil then
        return "refused"
    end
    local answer = core.httpclient():get({ url = where, headers = asked, timeout = PATIENCE })
    if answer == nil or answer.headers == nil then
        return "no_answer"
    end
    if answer.status == 204 then
        return let_in(txn, answer.headers) and "let_in" or "no_answer"
    end
    if answer.status == 302 or answer.status == 401 then
        local location = only(answer.headers, "location")
        if location ~= nil then
            txn:set_var("txn.watchword_location", location)
        end
        return "nobody"
    end
    return answer.status == 403 and "refused" or "no_answer"
end

local function asking(where)
    return function(txn)
        txn:set_var("txn.watchword", "no_answer")
        local fine, outcome = pcall(ask, txn, where)
        txn:set_var("txn.watchword", fine and outcome or "no_answer")
    end
end

core.register_action("watchword", { "http-req" }, asking(address))
core.register_action("watchword_readers", { "http-req" }, asking(address .. "/read-only"))
