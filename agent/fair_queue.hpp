// Calls that wait for their turn, so that nobody's many keep another's one waiting: users take
// turns, and the connections of one user take turns. Bounded for each user; a plain value, one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace plugtone {

template <class Item>
class FairQueue {
public:
    struct Limits {
        std::size_t connection_count_max;
        std::size_t user_count_max;
        std::size_t user_size_max; // bytes
    };

    explicit FairQueue(Limits limits) : limits_(limits) {}

    // False: that user, or connection, has too much waiting already, and the item was not taken. A
    // user's first is taken whatever its size.
    bool push(std::uint32_t user, const std::string& connection, Item item, std::size_t size) {
        if (!has_room(user, connection, size))
            return false;
        User& whose = users_[user];
        if (whose.count == 0)
            turns_.push_back(user);
        auto& waiting = whose.waiting[connection];
        if (waiting.empty())
            whose.turns.push_back(connection);
        waiting.push_back({std::move(item), size});
        ++whose.count;
        whose.size += size;
        return true;
    }

    // The next one; nothing if none waits.
    std::optional<Item> pop() {
        return pop_if([](const Item&) { return true; });
    }

    // The next one that may go; what stands before it in its own connection's queue may go, too, or
    // it waits behind that.
    template <class May>
    std::optional<Item> pop_if(May may) {
        for (std::size_t user = 0; user < turns_.size(); ++user) {
            const std::deque<std::string>& turns = users_.at(turns_[user]).turns;
            for (std::size_t at = 0; at < turns.size(); ++at)
                if (may(users_.at(turns_[user]).waiting.at(turns[at]).front().item))
                    return take(user, at);
        }
        return std::nullopt;
    }
    // Whether push() would take one of that size.
    bool has_room(std::uint32_t user, const std::string& connection, std::size_t size) const {
        const auto whose = users_.find(user);
        if (whose == users_.end())
            return true;
        const auto waiting = whose->second.waiting.find(connection);
        return whose->second.count < limits_.user_count_max &&
               whose->second.size + size <= limits_.user_size_max &&
               (waiting == whose->second.waiting.end() ||
                waiting->second.size() < limits_.connection_count_max);
    }

    bool empty() const { return turns_.empty(); }

private:
    struct Waiting {
        Item item;
        std::size_t size;
    };
    struct User {
        std::map<std::string, std::deque<Waiting>> waiting; // by connection
        std::deque<std::string> turns;
        std::size_t count = 0;
        std::size_t size = 0;
    };

    // By their places among the turns: that connection's first, of that user.
    Item take(std::size_t user_at, std::size_t connection_at) {
        const std::uint32_t user = turns_[user_at];
        turns_.erase(turns_.begin() + static_cast<std::ptrdiff_t>(user_at));
        User& whose = users_.at(user);
        const std::string connection = std::move(whose.turns[connection_at]);
        whose.turns.erase(whose.turns.begin() + static_cast<std::ptrdiff_t>(connection_at));
        auto& waiting = whose.waiting.at(connection);
        Waiting taken = std::move(waiting.front());
        waiting.pop_front();
        if (waiting.empty())
            whose.waiting.erase(connection);
        else
            whose.turns.push_back(connection);
        --whose.count;
        whose.size -= taken.size;
        if (whose.count == 0)
            users_.erase(user);
        else
            turns_.push_back(user);
        return std::move(taken.item);
    }

    Limits limits_;
    std::map<std::uint32_t, User> users_;
    std::deque<std::uint32_t> turns_;
};

} // namespace plugtone
