// Memory for secrets: pages that are never swapped out (mlock) and stand in no core dump, wiped
// when given back. Where the process may lock no more (RLIMIT_MEMLOCK), pages are taken all the
// same, unlocked, and locked_memory_refused() says so. Any thread.
#pragma once

#include <cstddef>

namespace plugtone {

// Never null; throws std::bad_alloc when there is no memory at all.
void* take_locked(std::size_t size);
// size: the same as when it was taken.
void give_back_locked(void* memory, std::size_t size) noexcept;
// Whether some of it could not be locked.
bool locked_memory_refused() noexcept;

} // namespace plugtone
