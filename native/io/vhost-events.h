// SPDX-License-Identifier: Apache-2.0
// Closing a vhost-user socket without a race inside librte_vhost.
//
// Why
// ===
// rte_vhost_driver_unregister of a client first takes the socket off the library's list of sockets
// to reconnect, then closes its connections. When the guest dies at that moment, the library's
// event thread puts the socket back on that list and drops the connection between the two; the
// socket is then freed while it is still on the list, and the reconnecting thread crashes a second
// later. Nothing of this can happen when the unregistering runs on the event thread itself.
//
// How
// ===
// A listening vhost-user socket of our own: connecting to it makes the event thread call us.
//
// Thread-safety
// =============
// Control thread only, except the job, which runs on librte_vhost's event thread.
#pragma once

#include <string>

namespace pollux {

// A vhost port is about to be registered. `path`: where the socket of our own may be, the same for
// all ports. When it cannot be made, vhostUnregister works without it.
void vhostEventsAcquire(const std::string& path);
// Its counterpart, when the port is gone; the last one takes the socket away.
void vhostEventsRelease();

// rte_vhost_driver_unregister(path), on the event thread; returns when it is done.
void vhostUnregister(const std::string& path);

// Removes a socket that a dead process left behind, which would keep a server from binding; one
// that answers, and any other file, stays.
void removeStaleSocket(const std::string& path);

}  // namespace pollux
