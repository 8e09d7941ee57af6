"""fastapi-users as its documentation has it for production: Bearer transport, JWT strategy (no look-up of the token),
the user read from SQLite by SQLAlchemy's asyncio engine. Run by uvicorn with httptools and uvloop.
"""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SECRET = "a key of this measurement and of nothing else"
engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['PEER_DATA']}/users.db")
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


async def session() -> AsyncIterator[AsyncSession]:
    async with new_session() as opened:
        yield opened


async def users(opened: Annotated[AsyncSession, Depends(session)]) -> AsyncIterator[Any]:
    yield SQLAlchemyUserDatabase(opened, User)


class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = verification_token_secret = SECRET


async def manager(found: Annotated[Any, Depends(users)]) -> AsyncIterator[Manager]:
    yield Manager(found)


backend: AuthenticationBackend[User, uuid.UUID] = AuthenticationBackend(
    name="jwt",
    transport=BearerTransport(tokenUrl="login"),
    get_strategy=lambda: JWTStrategy(secret=SECRET, lifetime_seconds=3600),
)
kit = FastAPIUsers[User, uuid.UUID](manager, [backend])


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(kit.get_auth_router(backend))
app.include_router(kit.get_register_router(schemas.BaseUser[uuid.UUID], schemas.BaseUserCreate))


@app.get("/session")
async def whose(user: Annotated[User, Depends(kit.current_user(active=True))]) -> dict[str, str]:
    return {"id": str(user.id), "email": user.email}
